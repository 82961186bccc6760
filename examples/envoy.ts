/**
 * Publishes ECS services as endpoints of Envoy's clusters (EDS), over REST or in files: one worker for any number of
 * Envoys. See docs/envoy.md. Start it with `ecs-task-stream envoy`, or copy and adapt it.
 */
import { servicePorts } from 'ecs-task-stream'
import { defineWorker, list, optional, text, webhookRoutes } from 'ecs-task-stream/worker'
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
  name: 'envoy',
  summary:
    'Follows ECS clusters and tells Envoy the endpoints of their services, over REST, in files or both',
  settings: {
    ...clusterSettings,
    ...deploymentSettings,
    ...healthCheckSettings,
    ...healthSettings,
    backendName,
    envoyDirectory: optional(text('path', 'the path of a directory'), {
      description: 'Directory to write one file per backend to, in addition to REST, for path_config_source',
      example: '/etc/envoy/eds',
      otherwise: 'REST only',
    }),
    patienceSeconds: patience,
    readToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      isSecret: true,
      description:
        'The bearer token in the header authorization to read the endpoints; several during a rotation',
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
    const { envoyFiles } = await import('ecs-task-stream/sinks/envoy-files')
    const { envoyRest } = await import('ecs-task-stream/sinks/envoy-rest')
    const { clusterClients, followedDeployments, healthProbes, healthQuestions, queue, snapshots } =
      await import('ecs-task-stream/worker/clusters/sources')
    const { envoyDirectory: directory, readToken, patienceSeconds = Infinity } = settings
    const clients = clusterClients(settings)
    const served = envoyRest({
      patienceMs: patienceSeconds * 1000,
      ...(readToken === undefined ? {} : { secrets: readToken.map((token) => `Bearer ${token}`) }),
    })
    return {
      ...followed(settings),
      eventSources: queue(settings),
      ...followedDeployments(settings, {
        expose: servicePorts({ name: serviceName(settings.backendName) }),
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
      sinks: [served, ...(directory === undefined ? [] : [envoyFiles({ directory })])],
      // Where Envoy asks. A single colon would begin a parameter.
      routes: () => webhookRoutes({ '/v3/discovery::endpoints': served.listener }),
    }
  },
})
