/**
 * Arbitrary events about very few things, consistent or not, so that they contradict each other. For laws that hold for
 * any multiset of events, whatever ECS may send.
 */
import fc from 'fast-check'
import type { Addresses } from '../core/addresses.js'
import type { Binding } from '../core/binding.js'
import type { RevisionTraffic, Rollout } from '../core/deployment.js'
import type { ClusterEvent } from '../core/event.js'
import type { Machine } from '../core/machine.js'
import type { TaskDefinition } from '../core/task-definition.js'
import type { TaskStatus } from '../core/task-status.js'
import { canonicalEnds, type ContainerEnd, type TaskEnd } from '../core/task-end.js'
import {
  canonicalBindings,
  type Container,
  type Health,
  type Interface,
  type Task,
  type TaskHealth,
} from '../core/task.js'

const place = 'arn:aws:ecs:eu-west-1:123456789012'
const cluster = `${place}:cluster/staging`
const taskArns = [`${place}:task/staging/a`, `${place}:task/staging/b`, `${place}:task/staging/c`] as const
const instanceArns = [`${place}:container-instance/staging/i`, `${place}:container-instance/staging/j`]
const definitionArns = [`${place}:task-definition/web:1`, `${place}:task-definition/api:1`]

/** With the usual prototype, because events are compared deeply. */
const record = <A>(model: { readonly [K in keyof A]: fc.Arbitrary<A[K]> }): fc.Arbitrary<A> =>
  fc.record<A>({ ...model }, { noNullPrototype: true })
const maybe = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.option(arbitrary, { nil: undefined })
const version = fc.integer({ min: 1, max: 3 })
const at = fc.integer({ min: 0, max: 4 }).map((quarters) => quarters * 40_000)
const status: fc.Arbitrary<TaskStatus> = fc.constantFrom(
  'PENDING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPED',
  'HIBERNATING', // no status of today's ECS
  'THAWING',
)
const ipv4 = maybe(fc.constantFrom('10.0.0.1', '10.0.0.2'))
const ipv6 = maybe(fc.constantFrom('fd00::1', 'fd00::2'))
const addresses: fc.Arbitrary<Addresses> = record({ ipv4, ipv6 })
const machine: fc.Arbitrary<Machine> = record({
  id: fc.constantFrom('i-1', 'i-2'),
  type: maybe(fc.constantFrom('m6i.large', 'm6i.xlarge')),
  zone: maybe(fc.constantFrom('eu-west-1a', 'eu-west-1b')),
  hostName: maybe(fc.constantFrom('ip-10-0-0-1', 'ip-10-0-0-2')),
})

const binding: fc.Arbitrary<Binding> = record({
  containerPort: fc.constantFrom(80, 81),
  hostPort: fc.constantFrom(80, 32768, 32769),
  protocol: fc.constantFrom('tcp', 'udp'),
  count: fc.constantFrom(1, 2),
})

const container = (name: string): fc.Arbitrary<Container> =>
  record({
    arn: maybe(fc.constantFrom('container-1', 'container-2')),
    version,
    lastStatus: status,
    runtimeId: maybe(fc.constantFrom('runtime-1', 'runtime-2')),
    bindings: maybe(fc.array(binding, { maxLength: 3 })),
  }).map(({ bindings, ...told }) => ({
    ...told,
    name,
    bindingsVersion: bindings === undefined ? -1 : told.version,
    bindings: canonicalBindings(bindings ?? []),
  }))

/** Ordered by name, as in every task record. */
const containers = fc
  .tuple(maybe(container('app')), maybe(container('sidecar')))
  .map((all) => all.filter((one) => one !== undefined))

const networkInterface: fc.Arbitrary<Interface> = record({ version, ipv4, ipv6 })
const health: fc.Arbitrary<TaskHealth> = fc.oneof(
  record({ at, status: fc.constantFrom<Health>('HEALTHY', 'UNKNOWN', 'UNHEALTHY') }),
  record({
    at,
    status: fc.constantFrom<Health>('UNKNOWN', 'UNHEALTHY'),
    wasHealthy: fc.constant(true as const),
  }),
)

const containerEnd: fc.Arbitrary<ContainerEnd> = record({
  name: fc.constantFrom('app', 'sidecar'),
  exitCode: maybe(fc.constantFrom(-1, 0, 137)),
  reason: maybe(fc.constantFrom('OutOfMemoryError: killed', 'CannotStartContainerError: no')),
})

const end: fc.Arbitrary<TaskEnd> = record({
  version,
  stopCode: maybe(fc.constantFrom('EssentialContainerExited', 'TaskFailedToStart')),
  reason: maybe(fc.constantFrom('Essential container in task exited', 'Task failed to start')),
  containers: fc.array(containerEnd, { maxLength: 2 }).map(canonicalEnds),
})

/** Whatever the status is: nothing may depend on it. */
const withEnd = (task: Task): fc.Arbitrary<Task> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(task) },
    { weight: 1, arbitrary: end.map((told) => ({ ...task, end: told })) },
  )

const taskWithoutEnd: fc.Arbitrary<Task> = record({
  arn: fc.constantFrom(...taskArns),
  cluster: fc.constant(cluster),
  group: maybe(fc.constantFrom('service:web', 'service:api', 'family:web')),
  definition: maybe(fc.constantFrom(...definitionArns)),
  instance: maybe(fc.constantFrom(...instanceArns)),
  launchType: maybe(fc.constantFrom('EC2', 'FARGATE')),
  capacityProvider: maybe(fc.constantFrom('spot', 'on-demand')),
  zone: maybe(fc.constantFrom('eu-west-1a', 'eu-west-1b')),
  startedBy: maybe(fc.constantFrom('ecs-svc/1', 'ecs-svc/2')),
  createdAt: maybe(at),
  version,
  at,
  lastStatus: status,
  desiredStatus: fc.constantFrom('RUNNING', 'STOPPED'),
  interface: maybe(networkInterface),
  containers,
  health: maybe(health),
})

/** An arbitrary record of one of few tasks, consistent or not. */
export const anyTask: fc.Arbitrary<Task> = taskWithoutEnd.chain(withEnd)

const definition: fc.Arbitrary<TaskDefinition> = record({
  arn: fc.constantFrom(...definitionArns),
  networkMode: fc.constantFrom('awsvpc', 'bridge', 'host'),
  containers: fc.array(
    record({
      name: fc.constantFrom('app', 'sidecar'),
      ports: fc.array(binding, { maxLength: 2 }),
      image: maybe(fc.constantFrom('web:1', 'web:2')),
      labels: fc.constant({}),
      environment: fc.constant({}),
      healthCheck: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
})

const services = [`${place}:service/staging/web`, `${place}:service/staging/api`] as const
const startedBy = fc.subarray(['ecs-svc/1', 'ecs-svc/2'])
const revision = (name: string): fc.Arbitrary<RevisionTraffic> =>
  record({
    revision: fc.constant(name),
    definition: maybe(fc.constantFrom(...definitionArns)),
    startedBy,
    production: fc.constantFrom(0, 5, 100),
    test: fc.constantFrom(0, 100),
  })

const rollout: fc.Arbitrary<Rollout> = fc.oneof(
  record({ _tag: fc.constant('AtOnce' as const), reason: fc.constantFrom('ROLLING', 'denied') }),
  record({ _tag: fc.constant('Settled' as const), startedBy }),
  record({
    _tag: fc.constant('Shifting' as const),
    deployment: fc.constant('deployment'),
    strategy: fc.constantFrom('BLUE_GREEN', 'CANARY'),
    status: fc.constant('IN_PROGRESS'),
    stage: fc.constantFrom('SCALE_UP', 'BAKE_TIME'),
    source: revision('old').map((one) => [one]),
    target: revision('new'),
    paused: fc.constant(undefined),
  }),
)

/** An event about one task, instance, definition or endpoint, or about a whole cluster. */
export const anyEvent: fc.Arbitrary<ClusterEvent> = fc.oneof(
  { weight: 6, arbitrary: record({ _tag: fc.constant('TaskChanged' as const), task: anyTask }) },
  {
    weight: 3,
    arbitrary: record({
      _tag: fc.constant('TasksListed' as const),
      cluster: fc.constant(cluster),
      at,
      order: fc.integer({ min: 0, max: 3 }),
      tasks: fc.uniqueArray(anyTask, { selector: ({ arn }) => arn, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      _tag: fc.constant('ClusterIdentified' as const),
      named: fc.constantFrom('staging', '*'),
      clusters: fc.subarray([cluster, `${place}:cluster/other`]),
      order: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      _tag: fc.constant('LookupRefused' as const),
      key: fc.constantFrom(...instanceArns, ...definitionArns, cluster),
      reason: fc.constantFrom('denied', 'missing'),
      at,
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      _tag: fc.constant('InstanceDescribed' as const),
      instance: fc.constantFrom(...instanceArns),
      addresses,
      at,
    }).chain((event) =>
      maybe(machine).map((told) => (told === undefined ? event : { ...event, machine: told })),
    ),
  },
  { weight: 1, arbitrary: record({ _tag: fc.constant('DefinitionDescribed' as const), definition }) },
  {
    weight: 1,
    arbitrary: record({
      _tag: fc.constant('DeploymentAnnounced' as const),
      service: fc.constantFrom(...services),
      at,
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      _tag: fc.constant('DeploymentDescribed' as const),
      service: fc.constantFrom(...services),
      rollout,
      at,
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      _tag: fc.constant('HealthObserved' as const),
      endpoint: fc.constantFrom(...taskArns.map((arn) => `${arn}#app:80/tcp`)),
      healthy: fc.boolean(),
      at,
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      _tag: fc.constant('LogRead' as const),
      log: fc.constantFrom('stream/shard-1', 'stream/shard-2'),
      // The order of texts is another than that of numbers.
      position: fc.constantFrom('9', '10', '11'),
    }),
  },
)

/** Up to twelve events of any kind about few things, so that they interact. */
export const anyEvents: fc.Arbitrary<readonly ClusterEvent[]> = fc.array(anyEvent, { maxLength: 12 })
