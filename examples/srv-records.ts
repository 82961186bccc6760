/**
 * ECS tasks as SRV and A records in Route 53, under the names that their containers ask for. Takes the place of
 * awslabs/service-discovery-ecs-dns, its agent on every host and its Lambda function: see docs/srv-records.md. Start
 * it with `ecs-task-stream srv-records`, or copy it and change what you like.
 */
import { srvNames } from 'ecs-task-stream'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { srvRecords } from 'ecs-task-stream/sinks/srv-records'
import { defaulted, defineWorker, integer, oneOf, optional, required, text } from 'ecs-task-stream/worker'
import {
  checkClusters,
  clusterClients,
  clusterSettings,
  followed,
  healthProbes,
  healthSettings,
  queue,
  snapshots,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'srv-records',
  summary:
    'Follows ECS clusters and keeps SRV and A records of their tasks in a hosted zone of Route 53; takes the place of ecssd',
  settings: {
    ...clusterSettings,
    ...healthSettings,
    zoneId: required(text('id', 'the id of a hosted zone'), {
      description: 'The hosted zone of Route 53, by its id',
      example: 'Z0123456789ABCDEFGHIJ',
    }),
    nameTemplate: optional(
      text('template', 'a template of {service}, {container}, {port}, {protocol}, {cluster}'),
      {
        description: 'The name of ports that no SERVICE_<port>_NAME names',
        example: '_{service}._{protocol}',
        otherwise: 'only what is named so is offered',
      },
    ),
    shape: defaulted(oneOf('simple', 'weighted'), 'simple', {
      description: 'One record set a name, or one a task, as ecssd writes them',
      example: 'weighted',
    }),
    ttlSeconds: optional(integer({ min: 0, max: 86_400, unit: 'seconds' }), {
      description: 'How long resolvers may keep an answer',
      example: '5',
      otherwise: '10; 0 for weighted',
    }),
    adopt: defaulted(oneOf('none', 'ecssd'), 'none', {
      description: 'Whether records of ecssd become ours where they are desired',
      example: 'ecssd',
    }),
  },
  check: checkClusters,
  compose: (settings) => {
    const clients = clusterClients(settings)
    const expose = srvNames({ template: settings.nameTemplate })
    return {
      ...followed(settings),
      eventSources: queue(settings),
      lookups: [
        ...snapshots(settings, { clients }),
        instanceAddresses({ clients }),
        // What a container is called is in its task definition.
        taskDefinitions({ clients, for: 'all' }),
        ...healthProbes(settings),
      ],
      expose,
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
