import type { BundledWorker } from './bundled-worker.js'

/** The workers that the command can start by name. */
export const bundled: readonly BundledWorker[] = [
  {
    name: 'traefik-table',
    summary: "ECS services as backends in the DynamoDB table that Traefik v1's [dynamodb] provider reads",
    load: async () => (await import('../../../examples/traefik-table.js')).default,
  },
  {
    name: 'ecs-task-tracker',
    summary:
      'drop-in for tskinn/ecs-task-tracker: same environment, routes and table; events from SNS over HTTP',
    load: async () => (await import('../../../examples/ecs-task-tracker.js')).default,
  },
  {
    name: 'srv-records',
    summary:
      'tasks as SRV and A records in Route 53, under the names that their containers ask for; replaces ecssd',
    load: async () => (await import('../../../examples/srv-records.js')).default,
  },
  {
    name: 'traefik-http',
    summary:
      "tasks as Traefik's dynamic configuration, over HTTP or in a file, from docker labels or services",
    load: async () => (await import('../../../examples/traefik-http.js')).default,
  },
  {
    name: 'prometheus',
    summary: 'tasks as targets of Prometheus, over HTTP or in a file, by PROMETHEUS_EXPORTER_* labels',
    load: async () => (await import('../../../examples/prometheus.js')).default,
  },
  {
    name: 'envoy',
    summary: "tasks as endpoints of Envoy's clusters (EDS), over REST or in files",
    load: async () => (await import('../../../examples/envoy.js')).default,
  },
  {
    name: 'target',
    summary:
      'services at the target that TARGET names: nginx, HAProxy, Caddy, Cloud Map, a webhook, EventBridge',
    load: async () => (await import('../../../examples/target.js')).default,
  },
  {
    name: 'task-proxy',
    summary: 'local ports that lead to the tasks of a family or a service; replaces ecs-task-kite',
    load: async () => (await import('../../../examples/task-proxy.js')).default,
  },
  {
    name: 'id-mapper',
    summary: 'answers which task, container and instance belong together; replaces ecs_id_mapper',
    load: async () => (await import('../../../examples/id-mapper.js')).default,
  },
]
