/**
 * A successor of CheggEng/ecs_id_mapper: answers over HTTP which container, task, instance and service belong together;
 * see docs/id-mapper.md. Start it with `ecs-task-stream id-mapper`, or copy and adapt it.
 */
import { exposesNothing } from 'ecs-task-stream'
import { linkProblems } from 'ecs-task-stream/id-mapper'
import { defaulted, defineWorker, integer, list, optional, text } from 'ecs-task-stream/worker'
import {
  checkRoles,
  clusterSettings,
  followed,
  journalSettings,
  roleSettings,
} from 'ecs-task-stream/worker/clusters'

const { cluster, queueUrl, region } = clusterSettings

const template = (tool: string, formerly?: string) => ({
  description: `The URL of a container in ${tool}, with attributes of the container in braces`,
  example: 'https://monitoring.example.com/{cluster_name}/{container_id}',
  formerly,
})

export default defineWorker({
  name: 'id-mapper',
  summary: 'Answers which container, task, instance and service belong together, for ECS clusters, over HTTP',
  settings: {
    cluster,
    queueUrl,
    region,
    ...roleSettings,
    ...journalSettings,
    resyncSeconds: defaulted(integer({ min: 1, max: 86_400, unit: 'seconds' }), 300, {
      description: 'How often to take a full snapshot of the clusters',
      example: '300',
    }),
    keepSeconds: defaulted(integer({ min: 0, max: 2_678_400, unit: 'seconds' }), 86_400, {
      description: 'How long to retain a task after it has stopped',
      example: '3600',
    }),
    keepTasks: defaulted(integer({ min: 0, max: 10_000_000, unit: 'tasks' }), 50_000, {
      description: 'Maximum number of stopped tasks to retain',
      example: '10000',
    }),
    routesToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      isSecret: true,
      description: 'The required value of the header x-api-key; several during a rotation',
      example: 'a-long-random-text',
      otherwise: 'no secret',
    }),
    cadvisorUrl: optional(text('template'), {
      ...template('cAdvisor'),
      otherwise: 'http://{instance_ip}:{cadvisor_port}/docker/{container_id}',
    }),
    cadvisorPort: defaulted(integer({ min: 1, max: 65_535, unit: 'port' }), 9070, {
      description: 'The value of {cadvisor_port}',
      example: '9070',
      formerly: 'cadvisor_port',
    }),
    graylogUrl: optional(text('template'), {
      ...template('Graylog', 'graylog_url'),
      otherwise: 'a search for docker.{container_id}, with the first 12 letters of the id',
    }),
    graylogFqdn: optional(text('host', 'a host with an optional port'), {
      description: 'The value of {graylog_fqdn}',
      example: 'graylog.example.com',
      formerly: 'graylog_fqdn',
      otherwise: 'no Graylog URLs',
    }),
    newRelicUrl: optional(text('template'), { ...template('New Relic'), otherwise: 'no such URLs' }),
    newRelicServiceUrl: optional(text('template'), {
      description: 'The URL of a service in New Relic, with {service_name} and {cluster_name}',
      example: 'https://one.newrelic.com/{new_relic_account_id}/{service_name}',
      otherwise: 'no such URLs',
    }),
    newRelicAccountId: optional(text('id', 'the id of an account'), {
      description: 'The value of {new_relic_account_id}',
      example: '1234567',
      formerly: 'new_relic_account_id',
    }),
  },
  check: ({ cadvisorUrl, graylogUrl, newRelicUrl, newRelicServiceUrl, ...settings }) => [
    ...checkRoles(settings),
    ...linkProblems({ cadvisorUrl, graylogUrl, newRelicUrl, newRelicServiceUrl }).map(({ kind, reason }) => ({
      settings: [kind] as const,
      message: reason,
      example: 'CADVISOR_URL=http://{instance_ip}:{cadvisor_port}/docker/{container_id}',
    })),
  ],
  compose: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { idMapper } = await import('ecs-task-stream/id-mapper')
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { clusterClients, queue, snapshots } = await import('ecs-task-stream/worker/clusters/sources')
    const clients = clusterClients(settings)
    const { cluster: clusters, routesToken: secrets, keepSeconds, keepTasks } = settings
    const { warnings = [], ...clustersFollowed } = followed({
      ...settings,
      owner: undefined,
      pruneGuard: 'on',
    })
    return {
      ...clustersFollowed,
      eventSources: queue(settings),
      lookups: [
        ...snapshots(settings, { clients }),
        instanceAddresses({ clients, for: 'all' }),
        taskDefinitions({ clients }),
      ],
      // This worker only answers requests.
      sinks: [],
      expose: { expose: () => exposesNothing, needs: 'definitions' },
      health: 'All systems go!',
      routes: ({ worker, clock, metrics }) =>
        idMapper({
          worker,
          clusters,
          clock,
          metrics,
          secrets,
          keepMs: keepSeconds * 1000,
          keepTasks,
          links: settings,
        }),
      warnings: [
        ...warnings,
        ...(secrets === undefined
          ? ['no ROUTES_TOKEN: everyone who can reach this port can send requests']
          : []),
      ],
    }
  },
})
