/**
 * Publishes ECS tasks as Prometheus targets, over HTTP or in a file, according to their docker labels. Replaces
 * teralytics/prometheus-ecs-discovery: see docs/prometheus.md. Start it with `ecs-task-stream prometheus`, or copy and
 * adapt it.
 */
import { prometheusExporters } from 'ecs-task-stream'
import { defaulted, defineWorker, list, onOff, optional, text, webhookRoutes } from 'ecs-task-stream/worker'
import { checkServed, clusterSettings, followed, patience } from 'ecs-task-stream/worker/clusters'

/** A setting for the name of a docker label. */
const label = (ending: string, says: string, flag: string) =>
  defaulted(text('name', 'the name of a docker label'), `PROMETHEUS_EXPORTER_${ending}`, {
    description: `The docker label for ${says}`,
    example: `METRICS_${ending}`,
    formerFlag: `config.${flag}-label`,
  })

export default defineWorker({
  name: 'prometheus',
  summary:
    'Follows ECS clusters and serves their tasks as targets of Prometheus; replaces prometheus-ecs-discovery',
  settings: {
    ...clusterSettings,
    patienceSeconds: patience,
    prometheusFile: optional(text('path', 'the path of a .json, .yml or .yaml file'), {
      description: 'File to write the targets to, in addition to HTTP, for file_sd_configs',
      example: '/etc/prometheus/ecs_file_sd.yml',
      otherwise: 'HTTP only',
      formerFlag: 'config.write-to',
    }),
    filterLabel: optional(text('NAME[=VALUE]', 'the name of a docker label, or NAME=VALUE'), {
      description: 'Scrape only containers with this docker label',
      example: 'METRICS=yes',
      otherwise: 'all containers with the port label',
      formerFlag: 'config.filter-label',
    }),
    portLabel: label('PORT', 'the container port to scrape', 'port'),
    pathLabel: label('PATH', 'the path of the metrics', 'path'),
    schemeLabel: label('SCHEME', 'http or https', 'scheme'),
    jobNameLabel: label('JOB_NAME', 'the name of the job', 'job-name'),
    serverNameLabel: label('SERVER_NAME', 'a host name to use instead of the address', 'server-name'),
    dynamicPortDetection: defaulted(onOff(), false, {
      description:
        'Scrape containers with PROMETHEUS_DYNAMIC_EXPORT=1 at their one bound port, instead of a named one',
      example: 'on',
      formerFlag: 'config.dynamic-port-detection',
    }),
    readToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      isSecret: true,
      description: 'The bearer token in the header authorization to read the targets',
      example: 'a-long-random-text',
      otherwise: 'no secret',
    }),
  },
  check: (settings) => [
    ...checkServed(settings),
    ...(settings.filterLabel?.startsWith('=') === true
      ? [
          {
            settings: ['filterLabel'] as const,
            message: `"${settings.filterLabel}" has no name before the "="`,
            example: 'FILTER_LABEL=METRICS=yes',
          },
        ]
      : []),
  ],
  compose: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { prometheusFile } = await import('ecs-task-stream/sinks/prometheus-file')
    const { prometheusHttp } = await import('ecs-task-stream/sinks/prometheus-http')
    const { clusterClients, queue, snapshots } = await import('ecs-task-stream/worker/clusters/sources')
    const { prometheusFile: file, readToken, patienceSeconds = Infinity } = settings
    const clients = clusterClients(settings)
    const { filterLabel, dynamicPortDetection } = settings
    const { portLabel, pathLabel, schemeLabel, jobNameLabel, serverNameLabel } = settings
    const labels = { portLabel, pathLabel, schemeLabel, jobNameLabel, serverNameLabel }
    const served = prometheusHttp({
      patienceMs: patienceSeconds * 1000,
      ...(readToken === undefined ? {} : { secrets: readToken.map((token) => `Bearer ${token}`) }),
    })
    return {
      ...followed(settings),
      eventSources: queue(settings),
      // The labels are in task definitions.
      lookups: [
        ...snapshots(settings, { clients }),
        instanceAddresses({ clients }),
        taskDefinitions({ clients }),
      ],
      expose: prometheusExporters({
        ...labels,
        ...(filterLabel === undefined ? {} : { filterLabel }),
        dynamicPorts: dynamicPortDetection,
      }),
      sinks: [served, ...(file === undefined ? [] : [prometheusFile({ path: file })])],
      routes: () => webhookRoutes({ '/targets': served.listener }),
    }
  },
})
