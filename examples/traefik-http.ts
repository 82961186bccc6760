/**
 * Publishes ECS tasks as Traefik's dynamic configuration, over HTTP or in a file: like Traefik's own ECS provider, but
 * driven by events, and with one worker for any number of Traefik instances. See docs/traefik-http.md. Start it with
 * `ecs-task-stream traefik-http`, or copy and adapt it.
 */
import { servicePorts, traefikLabels } from 'ecs-task-stream'
import {
  defaulted,
  defineWorker,
  list,
  oneOf,
  onOff,
  optional,
  text,
  webhookRoutes,
} from 'ecs-task-stream/worker'
import {
  backendName,
  checkBackendName,
  checkDeployments,
  checkServed,
  clusterSettings,
  deploymentSettings,
  followed,
  healthCheckSettings,
  healthSettings,
  patience,
  serviceName,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'traefik-http',
  summary:
    "Follows ECS clusters and serves Traefik's dynamic configuration for them, by its HTTP provider, its file provider or both",
  settings: {
    ...clusterSettings,
    ...deploymentSettings,
    ...healthCheckSettings,
    ...healthSettings,
    expose: defaulted(oneOf('labels', 'services'), 'labels', {
      description:
        'Create routers and services from traefik.* docker labels, or one plain service per ECS service',
      example: 'services',
    }),
    exposedByDefault: defaulted(onOff(), true, {
      description: 'Whether containers without the label traefik.enable are exposed; with EXPOSE=labels',
      example: 'off',
    }),
    defaultRule: optional(text('template', "a template of Traefik's"), {
      description: 'The rule of containers without a rule label; with EXPOSE=labels',
      example: 'Host(`{{ normalize .Name }}.example.com`)',
      otherwise: 'Host(`{{ normalize .Name }}`)',
    }),
    constraints: optional(text('expression', 'an expression of Label and LabelRegex'), {
      description: 'Which containers to consider; with EXPOSE=labels',
      example: 'Label(`stage`,`production`)',
      otherwise: 'all',
    }),
    backendName,
    traefikFile: optional(text('path', 'the path of a .yml or .yaml file'), {
      description: 'File to write the configuration to, in addition to HTTP, for the file provider',
      example: '/etc/traefik/dynamic/ecs.yml',
      otherwise: 'HTTP only',
    }),
    patienceSeconds: patience,
    readToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      isSecret: true,
      description: 'The value of the header x-api-key to read the configuration; several during a rotation',
      example: 'a-long-random-text',
      otherwise: 'no secret',
    }),
  },
  check: (settings) => [
    ...checkServed(settings),
    ...checkDeployments(settings),
    ...checkBackendName(settings),
  ],
  compose: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { traefikFile } = await import('ecs-task-stream/sinks/traefik-file')
    const { traefikHttp } = await import('ecs-task-stream/sinks/traefik-http')
    const { clusterClients, followedDeployments, healthProbes, healthQuestions, queue, snapshots } =
      await import('ecs-task-stream/worker/clusters/sources')
    const {
      expose: by,
      exposedByDefault,
      defaultRule,
      constraints,
      traefikFile: file,
      readToken,
      patienceSeconds = Infinity,
    } = settings
    const clients = clusterClients(settings)
    const served = traefikHttp({
      patienceMs: patienceSeconds * 1000,
      ...(readToken === undefined ? {} : { secretHeader: 'x-api-key', secrets: readToken }),
    })
    const expose =
      by === 'labels'
        ? traefikLabels({ exposedByDefault, defaultRule, constraints })
        : servicePorts({ name: serviceName(settings.backendName) })
    return {
      ...followed(settings),
      eventSources: queue(settings),
      ...followedDeployments(settings, {
        expose,
        lookups: [
          ...snapshots(settings, { clients }),
          instanceAddresses({ clients }),
          taskDefinitions({ clients }),
          ...healthQuestions(settings, { clients }),
          ...healthProbes(settings),
        ],
        clients,
      }),
      healthChecks: settings.healthChecks,
      unhealthy: 'keep-the-last',
      sinks: [served, ...(file === undefined ? [] : [traefikFile({ path: file })])],
      routes: () => webhookRoutes({ '/traefik': served.listener }),
    }
  },
})
