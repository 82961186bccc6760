/** AWS's data about its partitions. Every client of the SDK loads it. */
const partitions = '@aws-sdk/core/client'

/**
 * The large packages that each public module may load when it is imported, by subpath. Clients of EC2 and SSM, the HTTP
 * server and the drivers of journals are loaded later, by whoever needs them. Subpaths exist to keep these apart: a worker that
 * writes to a table does not load the client of EC2, and a worker of your own does not load an HTTP server.
 */
export const heavyImports: Readonly<Record<string, readonly string[]>> = {
  '.': [],
  './journals/directory': [],
  './journals/dynamodb': ['@aws-sdk/client-dynamodb', partitions],
  './journals/memory': [],
  './opentelemetry': ['@opentelemetry/api'],
  './sources/clients-by-account': ['@aws-sdk/client-ecs', partitions],
  './sources/cluster-identities': ['@aws-sdk/client-ecs', partitions],
  './sources/ecs': ['@aws-sdk/client-ecs', partitions],
  './sources/ecs-client': ['@aws-sdk/client-ecs', partitions],
  './sources/ecs-event': [],
  './sources/ecs-snapshots': ['@aws-sdk/client-ecs', partitions],
  './sources/event-bridge-webhook': [],
  './sources/health-probe': [],
  './sources/instance-addresses': ['@aws-sdk/client-ecs', partitions],
  './sources/kinesis': ['@aws-sdk/client-kinesis', partitions, '@smithy/node-http-handler'],
  './sources/lambda-records': [],
  './sources/memory': [],
  './sources/record-to': [],
  './sources/replay': [],
  './sources/service-deployments': ['@aws-sdk/client-ecs', partitions],
  './sources/sns-signature': [partitions],
  './sources/sns-webhook': [partitions],
  './sources/sqs': ['@aws-sdk/client-sqs', partitions],
  './sources/task-definitions': ['@aws-sdk/client-ecs', partitions],
  './sources/task-health': ['@aws-sdk/client-ecs', partitions],
  // Its servers load theirs when they start.
  './sim': [],
  './sinks/caddy': [],
  './sinks/cloud-map': ['@aws-sdk/client-servicediscovery', partitions],
  './sinks/dry-run': [],
  './sinks/envoy-files': [],
  './sinks/envoy-rest': [],
  './sinks/event-bridge': ['@aws-sdk/client-eventbridge', partitions],
  './sinks/haproxy-runtime': [],
  './sinks/kit': [],
  './sinks/memory': [],
  './sinks/nginx': [],
  './sinks/prometheus-file': [],
  './sinks/prometheus-http': [],
  './sinks/redis-traefik': [],
  './sinks/srv-records': ['@aws-sdk/client-route-53', partitions],
  './sinks/stdout': ['picocolors'],
  './sinks/tcp-proxy': [],
  './sinks/traefik-file': [],
  './sinks/traefik-http': [],
  './sinks/traefik-table': ['@aws-sdk/client-dynamodb', partitions],
  './sinks/webhook': [],
  './worker': ['commander', 'pino', 'prom-client'],
  './worker/clusters': [partitions, 'commander'],
  './worker/clusters/sources': ['@aws-sdk/client-ecs', '@aws-sdk/client-sqs', partitions],
  './lambda': [],
  './id-mapper': ['prom-client'],
  './testing': ['fast-check', 'vitest'],
}

/** The packages that every module may load. */
const light = /^(rxjs|fp-ts|io-ts)(\/|$)/

export const isHeavy = (specifier: string): boolean =>
  !light.test(specifier) && !specifier.startsWith('ecs-task-stream')
