/**
 * An ambassador: listens on the ports of a container, and forwards TCP connections to the tasks of a family or a
 * service that run it. Replaces awslabs/ecs-task-kite: see docs/task-proxy.md. Start it with `ecs-task-stream
 * task-proxy`, or copy and adapt it.
 */
import { containerPorts, type Exposable, selects } from 'ecs-task-stream'
import {
  defaulted,
  defineWorker,
  integer,
  type LogLevel,
  oneOf,
  onOff,
  optional,
  required,
  text,
} from 'ecs-task-stream/worker'
import {
  checkDeployments,
  checkRoles,
  clusterName,
  clusterSettings,
  deploymentSettings,
  healthCheckSettings,
  roleSettings,
  slowStart,
  slowStartSettings,
} from 'ecs-task-stream/worker/clusters'

/** The log levels of ecs-task-kite. The two above `error` disable logging. */
const levels: ReadonlyMap<string, LogLevel> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['fatal', 'fatal'],
  ['panic', 'fatal'],
])

const seconds = (max: number, min = 0) => integer({ min, max, unit: 'seconds' })

export default defineWorker({
  name: 'task-proxy',
  summary:
    'Listens on the ports of a container, and passes TCP connections to the running tasks of a family or a service; replaces ecs-task-kite',
  settings: {
    name: required(text('container', 'the name of a container'), {
      description: 'The container on whose ports to listen',
      example: 'nginx',
    }),
    family: optional(text('family', 'a family, or family:revision'), {
      description: 'Only tasks of this task definition family, or of one revision',
      example: 'web:3',
      otherwise: 'any family of the service',
    }),
    service: optional(text('service', 'the name of a service'), {
      description: 'Only tasks of this service',
      example: 'web',
      otherwise: 'any service of the family',
    }),
    cluster: defaulted(clusterName(), 'default', {
      description: 'The cluster of the tasks, by name or ARN',
      example: 'staging',
    }),
    public: defaulted(onOff(), false, {
      description: 'Connect to the public addresses of the instances',
      example: 'on',
    }),
    queueUrl: clusterSettings.queueUrl,
    region: clusterSettings.region,
    ...roleSettings,
    ...deploymentSettings,
    ...slowStartSettings,
    ...healthCheckSettings,
    resyncSeconds: optional(seconds(86_400, 1), {
      description: 'How often to take a full snapshot of the cluster',
      example: '60',
      otherwise: '300 with a queue, otherwise 5',
    }),
    listenHost: optional(text('address', 'an IP address of this machine'), {
      description: 'The address to listen on',
      example: '127.0.0.1',
      otherwise: 'every interface',
    }),
    balance: defaulted(oneOf('random', 'least-connections'), 'random', {
      description: 'How to choose the task for a connection',
      example: 'least-connections',
    }),
    dialSeconds: defaulted(seconds(60, 1), 3, {
      description: 'How long a task may take to answer before another one is tried',
      example: '1',
    }),
    idleSeconds: defaulted(seconds(604_800), 3_600, {
      description: 'How long a connection may be idle before it is closed; 0 for no limit',
      example: '350',
    }),
    drainSeconds: defaulted(seconds(86_400), 30, {
      description: 'How long connections to a stopping task may continue',
      example: '120',
    }),
    maxConnections: defaulted(integer({ min: 1, max: 1_000_000, unit: 'connections' }), 10_000, {
      description: 'Maximum number of open connections; further ones are reset',
      example: '50000',
    }),
    loglevel: defaulted(text('level', 'debug, info, warn, error, fatal or panic'), 'info', {
      description: 'The lowest level that is logged; an unknown one counts as info',
      example: 'warn',
    }),
  },
  // ecs-task-kite is a Go program, so its flags are read in the same way.
  flags: 'go',
  check: ({ family, service, ...settings }) => [
    ...checkRoles(settings),
    ...checkDeployments(settings),
    ...(family === undefined && service === undefined
      ? [
          {
            settings: ['family', 'service'] as const,
            message: 'one of them is required',
            example: 'FAMILY=web',
          },
        ]
      : []),
    ...(family === undefined || /^[\w-]+(:[1-9]\d*)?$/.test(family)
      ? []
      : [
          {
            settings: ['family'] as const,
            message: `"${family}" is neither a family nor a revision such as web:3`,
            example: 'FAMILY=web:3',
          },
        ]),
  ],
  compose: async ({ name: container, family, service, cluster: named, ...settings }) => {
    // Loaded here, because `--help` needs none of it.
    const { proxyInstruments } = await import('ecs-task-stream/worker')
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { tcpProxy } = await import('ecs-task-stream/sinks/tcp-proxy')
    const { clusterClients, followedDeployments, healthQuestions, queue, snapshots } =
      await import('ecs-task-stream/worker/clusters/sources')
    const { queueUrl, region, listenHost } = settings
    const { resyncSeconds = queueUrl === undefined ? 5 : 300 } = settings
    const cluster = [named] as const
    const of = { service, family }
    // No lookups for the other tasks of the cluster.
    const only = (task: Exposable): boolean => selects(of, task) !== false
    const clients = clusterClients(settings)
    const address = settings.public ? 'public' : 'private'
    const logLevel = levels.get(settings.loglevel)
    const proxy = tcpProxy({
      ...(listenHost === undefined ? {} : { host: listenHost }),
      balance: settings.balance,
      dialMs: settings.dialSeconds * 1000,
      idleMs: settings.idleSeconds * 1000,
      drainMs: settings.drainSeconds * 1000,
      maxConnections: settings.maxConnections,
    })
    return {
      eventSources: queue(settings),
      ...slowStart(settings),
      ...followedDeployments(settings, {
        expose: containerPorts({ container, of, address }),
        lookups: [
          ...snapshots({ cluster, resyncSeconds, region }, { only: of, clients }),
          instanceAddresses({ clients, address, only }),
          taskDefinitions({ clients, only }),
          ...healthQuestions(settings, { clients, only }),
        ],
        clients,
        only,
      }),
      sinks: [proxy],
      clusters: cluster,
      owner: 'task-proxy',
      // A check that fails everywhere must not leave a port without tasks.
      unhealthy: 'keep-the-last',
      healthChecks: settings.healthChecks,
      // The listeners end with the process, and the first snapshot restores them.
      ack: 'folded',
      // Listeners have no other owner and are cheap to change; one that failed to listen is retried at each resync.
      pruneGuard: 'off',
      minWriteIntervalMs: 0,
      resyncMs: 10_000,
      // Without events, all times come from one clock, so a snapshot can rule out tasks in the previous one.
      ...(queueUrl === undefined ? { skewAllowanceMs: 0 } : {}),
      instrument: proxyInstruments(proxy),
      close: () => proxy.close(),
      logLevel: logLevel ?? 'info',
      warnings: [
        ...(queueUrl === undefined ? ['no QUEUE_URL: changes are seen only at the next snapshot'] : []),
        ...(family === undefined || service === undefined
          ? []
          : [
              `FAMILY and SERVICE: only the tasks of service ${service} that are also in family ${family} are used`,
            ]),
        ...(logLevel === undefined
          ? [`LOGLEVEL: "${settings.loglevel}" is not a log level, so info is used`]
          : []),
      ],
    }
  },
})
