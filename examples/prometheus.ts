/**
 * ECS tasks as targets of Prometheus, over HTTP or in a file, as their docker labels ask for it. Takes the place of
 * teralytics/prometheus-ecs-discovery: see docs/prometheus.md. Start it with `ecs-task-stream prometheus`, or copy it
 * and change what you like.
 */
import { prometheusExporters } from 'ecs-task-stream'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { prometheusFile } from 'ecs-task-stream/sinks/prometheus-file'
import { prometheusHttp } from 'ecs-task-stream/sinks/prometheus-http'
import { defineWorker, list, optional, text, webhookRoutes } from 'ecs-task-stream/worker'
import {
  checkServed,
  clusterClients,
  clusterSettings,
  followed,
  patience,
  queue,
  snapshots,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'prometheus',
  summary:
    'Follows ECS clusters and serves their tasks as targets of Prometheus; takes the place of prometheus-ecs-discovery',
  settings: {
    ...clusterSettings,
    patienceSeconds: patience,
    prometheusFile: optional(text('path', 'the path of a .json, .yml or .yaml file'), {
      description: 'Write the targets there as well, for file_sd_configs',
      example: '/etc/prometheus/ecs_file_sd.yml',
      otherwise: 'by HTTP alone',
    }),
    readToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      description: 'What must follow "Bearer" in the header authorization, to read the targets',
      example: 'a-long-random-text',
      otherwise: 'whoever reaches it may read it',
    }),
  },
  check: checkServed,
  compose: (settings) => {
    const { prometheusFile: file, readToken, patienceSeconds = Infinity } = settings
    const clients = clusterClients(settings)
    const served = prometheusHttp({
      patienceMs: patienceSeconds * 1000,
      ...(readToken === undefined ? {} : { secret: { values: readToken.map((token) => `Bearer ${token}`) } }),
    })
    return {
      ...followed(settings),
      inbound: queue(settings),
      // What is scraped is in the labels of task definitions.
      knowledge: [
        ...snapshots(settings, { clients }),
        instanceAddresses({ clients }),
        taskDefinitions({ clients, for: 'all' }),
      ],
      expose: prometheusExporters(),
      sinks: [served, ...(file === undefined ? [] : [prometheusFile({ path: file })])],
      routes: () => webhookRoutes({ '/targets': served.listener }),
    }
  },
})
