import type { LinkName } from '../../../src/core/explain/chain.js'
import type { ClusterEvent } from '../../../src/core/event.js'
import { emptyState } from '../../../src/core/cluster-state.js'
import { explainedTarget } from '../../../src/core/explain/explained-target.js'
import { project } from '../../../src/core/project.js'
import { reduce } from '../../../src/core/reduce.js'
import type { Row } from '../../../src/core/sink.js'
import type { Task } from '../../../src/core/task.js'
import type { InspectedWorld } from '../../../src/inspector/inspected-world.js'
import { nothingObserved } from '../../../src/inspector/observed.js'
import { deployments } from '../../../src/policies/deployments.js'
import { servicePorts } from '../../../src/policies/service-ports.js'
import { type Addresses, memory } from '../../../src/sinks/memory.js'
import { cluster, observed } from '../../support/observed-task.js'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)
const at = now - 60_000
const other = cluster.replace('staging', 'other')
const service = (name: string): string => `${cluster.replace(':cluster/', ':service/')}/${name}`
const definition = (name: string): string =>
  `${cluster.replace(/:cluster\/.*/, '')}:task-definition/${name}:1`
const instance = (name: string): string => `${cluster.replace(':cluster/', ':container-instance/')}/${name}`

/** A task whose chain ends at one link. */
export interface BrokenLink {
  readonly what: string
  readonly task: Task
  readonly link: LinkName
  readonly state: 'broken' | 'waiting'
  /** What comes with it. */
  readonly events?: readonly ClusterEvent[]
}

let count = 0
const task = (
  name: string,
  more: Partial<Task> = {},
  what: Parameters<typeof observed>[0] | object = {},
): Task => {
  count++
  const id = `${name.replace(/[^a-z]/g, '')}${String(count).padStart(4, '0')}`
  return {
    ...observed({ id, service: name, at, host: `10.0.${count}.1`, ...what }),
    createdAt: at - 30_000,
    ...more,
  }
}

const withoutBindings = (one: Task): Task => ({
  ...one,
  containers: one.containers.map((container) => ({ ...container, bindings: [], bindingsVersion: -1 })),
})

const withUdp = (one: Task): Task => ({
  ...one,
  containers: one.containers.map((container) => ({
    ...container,
    bindings: container.bindings.map((binding) => ({ ...binding, protocol: 'udp' as const })),
  })),
})

const refused = (key: string, reason: string): ClusterEvent => ({ _tag: 'LookupRefused', key, reason, at })

const revision = (name: string, production: number, startedBy: string) => ({
  revision: `${service('deploying')}/${name}`,
  definition: undefined,
  startedBy: [startedBy],
  production,
  test: 0,
})

/** A task for each link at which a chain can end. */
export const brokenLinks: readonly BrokenLink[] = [
  {
    what: 'it is PENDING',
    task: task('starting', {}, { last: 'PENDING' }),
    link: 'status',
    state: 'waiting',
  },
  {
    what: 'it has stopped',
    task: task('stopped', {}, { last: 'STOPPED', desired: 'STOPPED' }),
    link: 'status',
    state: 'broken',
  },
  {
    what: 'its definition is asked for',
    task: withoutBindings(task('undefined', { definition: definition('undefined') })),
    link: 'definition',
    state: 'waiting',
  },
  {
    what: 'its definition is refused',
    task: withoutBindings(task('secret', { definition: definition('secret') })),
    link: 'definition',
    state: 'broken',
    events: [refused(definition('secret'), 'AccessDeniedException: not authorized')],
  },
  { what: 'the policy offers no port of it', task: withUdp(task('udp')), link: 'policy', state: 'broken' },
  {
    what: 'the address of its instance is asked for',
    task: task('homeless', { interface: undefined, instance: instance('asked') }),
    link: 'address',
    state: 'waiting',
  },
  {
    what: 'the address of its instance is refused',
    task: task('hidden', { interface: undefined, instance: instance('refused') }),
    link: 'address',
    state: 'broken',
    events: [refused(instance('refused'), 'AccessDeniedException: ec2:DescribeInstances')],
  },
  {
    what: 'it is unhealthy',
    task: task('sick', { health: { at, status: 'UNHEALTHY' } }),
    link: 'health',
    state: 'broken',
    events: [{ _tag: 'TaskChanged', task: task('sick') }],
  },
  {
    what: 'its deployment gives it no requests yet',
    task: task('deploying', { startedBy: 'ecs-svc/2' }),
    link: 'deployment',
    state: 'waiting',
    events: [
      { _tag: 'TaskChanged', task: task('deploying', { startedBy: 'ecs-svc/1' }) },
      {
        _tag: 'DeploymentDescribed',
        service: service('deploying'),
        at,
        rollout: {
          _tag: 'Shifting',
          deployment: `${service('deploying')}/1`,
          strategy: 'BLUE_GREEN',
          status: 'IN_PROGRESS',
          stage: 'SCALE_UP',
          source: [revision('1', 100, 'ecs-svc/1')],
          target: revision('2', 0, 'ecs-svc/2'),
          paused: undefined,
        },
      },
    ],
  },
  {
    what: 'another cluster has its name',
    task: task('taken', {}, { cluster: other.replace('other', 'xx') }),
    link: 'claim',
    state: 'broken',
    events: [{ _tag: 'TaskChanged', task: task('taken') }],
  },
  { what: 'its record belongs to others', task: task('foreign'), link: 'plan', state: 'broken' },
  { what: 'its record is not written yet', task: task('unwritten'), link: 'target', state: 'waiting' },
]

const healthy = ['api', 'web', 'web', 'edge'].map((name) => task(name))

/** All of them in one world, among tasks that are routed. */
export const brokenWorld = (): InspectedWorld => {
  const events = [
    ...healthy.map((one): ClusterEvent => ({ _tag: 'TaskChanged', task: one })),
    ...brokenLinks.flatMap(({ task: one, events: more = [] }): readonly ClusterEvent[] => [
      { _tag: 'TaskChanged', task: one },
      ...more,
    ]),
  ]
  const state = events.reduce(reduce, emptyState)
  const options = { expose: deployments(servicePorts()), covers: [cluster] }
  const desired = { ...project(state, options), revision: events.length }
  const sink = memory({ name: 'table' })
  const row = (key: string, value: Addresses, owner: string): Row<Addresses> => ({
    key,
    value,
    owner,
    etag: '1',
  })
  const rows = [...desired.backends.values()].flatMap(({ name, endpoints }) => {
    if (name === 'unwritten') return []
    if (name === 'foreign') return [row(name, ['10.9.9.9:80'], 'somebody else')]
    return [row(name, endpoints.map(({ host, port }) => `${host}:${port}`).sort(), 'ours')]
  })
  return {
    state,
    options,
    desired,
    targets: [explainedTarget(sink, rows, desired, { owner: 'ours' })],
    now,
    observed: {
      ...nothingObserved,
      worker: 'traefik-table',
      version: '0.1.0',
      startedAt: now - 3_600_000,
      revision: events.length,
      targets: [
        {
          target: 'table',
          state: 'held',
          revision: events.length,
          revisionsBehind: 0,
          behindMs: 0,
          lag: { p50Ms: 310, p99Ms: 1_240, samples: 40 },
          lastError: undefined,
        },
      ],
      sources: [
        {
          source: 'sqs',
          covers: [],
          deliveries: 128,
          lastDeliveryAt: now - 2_000,
          callsLastMinute: 12,
          lagMs: 420,
          undecodable: 1,
          lastUndecodable: [{ at, id: 'm-1', reason: '$: expected JSON, got "hello"' }],
          failing: [
            { operation: 'DescribeInstances', error: 'AccessDenied', at, failures: 3, nextAt: now + 30_000 },
          ],
        },
      ],
      conflicts: [{ target: 'table', key: 'web', writer: 'somebody else', perMinute: 2, lastAt: at }],
      unresolvedSince: new Map([...desired.unresolved.keys()].map((arn) => [arn, at])),
      neverIn: brokenLinks.slice(1, 2).map(({ task: one }) => ({
        task: one.arn,
        cluster: one.cluster,
        group: one.group,
        definition: one.definition,
        createdAt: at - 20_000,
        endedAt: at,
        ran: false,
        containers: ['app'],
        end: undefined,
        todo: undefined,
      })),
    },
  }
}
