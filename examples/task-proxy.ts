/**
 * An ambassador: listens on the ports of a container, and passes TCP connections to the tasks of a family or a service
 * that run it. Takes the place of awslabs/ecs-task-kite: see docs/task-proxy.md. Start it with
 * `ecs-task-stream task-proxy`, or copy it and change what you like.
 */
import { containerPorts, type Exposable, selects } from 'ecs-task-stream'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { tcpProxy } from 'ecs-task-stream/sinks/tcp-proxy'
import {
  defaulted,
  defineWorker,
  integer,
  type LogLevel,
  oneOf,
  onOff,
  optional,
  proxyInstruments,
  required,
  text,
} from 'ecs-task-stream/worker'
import {
  checkRoles,
  clusterClients,
  clusterName,
  clusterSettings,
  queue,
  roleSettings,
  snapshots,
} from 'ecs-task-stream/worker/clusters'

/** ecs-task-kite's levels. The two above `error` silence it: nothing is logged at them. */
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
    'Listens on the ports of a container, and passes TCP connections to the running tasks of a family or a service; takes the place of ecs-task-kite',
  settings: {
    name: required(text('container', 'the name of a container'), {
      description: 'The container whose ports are listened on',
      example: 'nginx',
    }),
    family: optional(text('family', 'a family, or family:revision'), {
      description: 'The tasks of this task definition, of all its revisions or of one',
      example: 'web:3',
      otherwise: 'any, of the service',
    }),
    service: optional(text('service', 'the name of a service'), {
      description: 'The tasks of this service',
      example: 'web',
      otherwise: 'any, of the family',
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
    resyncSeconds: optional(seconds(86_400, 1), {
      description: 'How often the cluster is read as a whole',
      example: '60',
      otherwise: '300 with a queue, else 5',
    }),
    listenHost: optional(text('address', 'an IP address of this machine'), {
      description: 'The address to listen on',
      example: '127.0.0.1',
      otherwise: 'every interface',
    }),
    balance: defaulted(oneOf('random', 'least-connections'), 'random', {
      description: 'Which task a connection goes to',
      example: 'least-connections',
    }),
    dialSeconds: defaulted(seconds(60, 1), 3, {
      description: 'How long a task may take to answer before another one is tried',
      example: '1',
    }),
    idleSeconds: defaulted(seconds(604_800), 3_600, {
      description: 'How long a connection may be silent before it is cut; 0 for ever',
      example: '350',
    }),
    drainSeconds: defaulted(seconds(86_400), 30, {
      description: 'How long connections to a task that stops may go on',
      example: '120',
    }),
    maxConnections: defaulted(integer({ min: 1, max: 1_000_000, unit: 'connections' }), 10_000, {
      description: 'Connections open at once; further ones are reset',
      example: '50000',
    }),
    loglevel: defaulted(text('level', 'debug, info, warn, error, fatal or panic'), 'info', {
      description: 'The lowest level that is logged; an unknown one counts as info',
      example: 'warn',
    }),
  },
  // ecs-task-kite is a program in Go: what its flags mean, they mean here.
  flags: 'go',
  check: ({ family, service, ...settings }) => [
    ...checkRoles(settings),
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
            message: `"${family}" is neither a family nor one of its revisions`,
            example: 'FAMILY=web:3',
          },
        ]),
  ],
  compose: ({ name: container, family, service, cluster: named, ...settings }) => {
    const { queueUrl, region, listenHost } = settings
    const { resyncSeconds = queueUrl === undefined ? 5 : 300 } = settings
    const cluster = [named] as const
    const of = { service, family }
    // Nothing is asked about the other tasks of the cluster.
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
      lookups: [
        ...snapshots({ cluster, resyncSeconds, region }, { only: of, clients }),
        instanceAddresses({ clients, address, only }),
        taskDefinitions({ clients, only }),
      ],
      sinks: [proxy],
      expose: containerPorts({ container, of, address }),
      clusters: cluster,
      owner: 'task-proxy',
      // A check that fails everywhere must not leave a port without tasks.
      unhealthy: 'keep-the-last',
      // The listeners are gone with the process, and the first snapshot brings them back.
      ack: 'folded',
      // They are nobody else's, cost nothing to change, and one that failed to listen is tried again at each look.
      pruneGuard: 'off',
      minWriteIntervalMs: 0,
      resyncMs: 10_000,
      // Without events, all that is known comes from one clock: a snapshot rules out what the one before has named.
      ...(queueUrl === undefined ? { skewAllowanceMs: 0 } : {}),
      instrument: proxyInstruments(proxy),
      close: () => proxy.close(),
      logLevel: logLevel ?? 'info',
      warnings: [
        ...(queueUrl === undefined ? ['no QUEUE_URL: changes are seen only at the next snapshot'] : []),
        ...(family === undefined || service === undefined
          ? []
          : [
              `FAMILY and SERVICE: only the tasks of service ${service} that are of family ${family} are reached`,
            ]),
        ...(logLevel === undefined
          ? [`LOGLEVEL: "${settings.loglevel}" is no level, so info is logged`]
          : []),
      ],
    }
  },
})
