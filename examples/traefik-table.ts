/**
 * Publishes ECS services as backends of Traefik v1, in the DynamoDB table that its [dynamodb] provider reads. A
 * successor of ecs-task-tracker with the same table and items. Start it with `ecs-task-stream traefik-table`, or copy
 * and adapt it.
 */
import { servicePorts } from 'ecs-task-stream'
import { defineWorker, required, text } from 'ecs-task-stream/worker'
import {
  backendName,
  checkBackendName,
  checkClusters,
  checkDeployments,
  clusterSettings,
  deploymentSettings,
  followed,
  healthCheckSettings,
  serviceName,
  slowStart,
  slowStartSettings,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'traefik-table',
  summary:
    'Follows ECS clusters and keeps their services as backends in the DynamoDB table that Traefik v1 reads',
  settings: {
    ...clusterSettings,
    ...deploymentSettings,
    ...slowStartSettings,
    ...healthCheckSettings,
    backendName,
    traefikTable: required(text('table', 'the name of a DynamoDB table'), {
      description: 'The table that Traefik reads',
      example: 'traefik',
    }),
  },
  check: (settings) => [
    ...checkClusters(settings),
    ...checkDeployments(settings),
    ...checkBackendName(settings),
  ],
  compose: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { traefikTable } = await import('ecs-task-stream/sinks/traefik-table')
    const { clusterClients, followedDeployments, healthQuestions, queue, snapshots } =
      await import('ecs-task-stream/worker/clusters/sources')
    const clients = clusterClients(settings)
    return {
      ...followed(settings),
      eventSources: queue(settings),
      ...slowStart(settings),
      ...followedDeployments(settings, {
        expose: servicePorts({ name: serviceName(settings.backendName) }),
        lookups: [
          ...snapshots(settings, { clients }),
          instanceAddresses({ clients }),
          taskDefinitions({ clients }),
          ...healthQuestions(settings, { clients }),
        ],
        clients,
      }),
      healthChecks: settings.healthChecks,
      sinks: [traefikTable({ table: settings.traefikTable, region: settings.region })],
    }
  },
})
