/**
 * Publishes ECS tasks as SRV and A records in Route 53, under the names that their containers define. Replaces
 * awslabs/service-discovery-ecs-dns, its agent on every host and its Lambda function: see docs/srv-records.md. Start it
 * with `ecs-task-stream srv-records`, or copy and adapt it.
 */
import { srvNames } from 'ecs-task-stream'
import { defaulted, defineWorker, integer, oneOf, optional, required, text } from 'ecs-task-stream/worker'
import {
  checkClusters,
  checkDeployments,
  clusterSettings,
  deploymentSettings,
  followed,
  healthCheckSettings,
  healthSettings,
  slowStart,
  slowStartSettings,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'srv-records',
  summary:
    'Follows ECS clusters and keeps SRV and A records of their tasks in a hosted zone of Route 53; replaces ecssd',
  settings: {
    ...clusterSettings,
    ...deploymentSettings,
    ...slowStartSettings,
    ...healthCheckSettings,
    ...healthSettings,
    zoneId: required(text('id', 'the id of a hosted zone'), {
      description: 'The hosted zone of Route 53, by its id',
      example: 'Z0123456789ABCDEFGHIJ',
    }),
    nameTemplate: optional(
      text('template', 'a template of {service}, {container}, {port}, {protocol}, {cluster}'),
      {
        description: 'The name of ports without a SERVICE_<port>_NAME',
        example: '_{service}._{protocol}',
        otherwise: 'only ports with such a name',
      },
    ),
    shape: defaulted(oneOf('simple', 'weighted'), 'simple', {
      description: 'One record set per name (simple), or one per task as ecssd writes them (weighted)',
      example: 'weighted',
    }),
    ttlSeconds: optional(integer({ min: 0, max: 86_400, unit: 'seconds' }), {
      description: 'The TTL of the records, in seconds',
      example: '5',
      otherwise: '10; 0 for weighted',
    }),
    adopt: defaulted(oneOf('none', 'ecssd'), 'none', {
      description: 'Whether to take over records of ecssd that are desired',
      example: 'ecssd',
    }),
  },
  check: (settings) => [...checkClusters(settings), ...checkDeployments(settings)],
  compose: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { srvRecords, srvTestName } = await import('ecs-task-stream/sinks/srv-records')
    const { clusterClients, followedDeployments, healthProbes, healthQuestions, queue, snapshots } =
      await import('ecs-task-stream/worker/clusters/sources')
    const clients = clusterClients(settings)
    const expose = srvNames({ template: settings.nameTemplate })
    return {
      ...followed(settings),
      eventSources: queue(settings),
      ...slowStart(settings),
      ...followedDeployments(settings, {
        expose,
        lookups: [
          ...snapshots(settings, { clients }),
          instanceAddresses({ clients }),
          // The names of containers are in task definitions.
          taskDefinitions({ clients }),
          ...healthQuestions(settings, { clients }),
          ...healthProbes(settings),
        ],
        clients,
        testBackend: srvTestName,
      }),
      healthChecks: settings.healthChecks,
      unhealthy: 'keep-the-last',
      sinks: [
        srvRecords({
          zoneId: settings.zoneId,
          region: settings.region,
          shape: settings.shape,
          ttlSeconds: settings.ttlSeconds,
          adopt: settings.adopt,
        }),
      ],
    }
  },
})
