/** Counter-examples that the laws have found, in their shrunk form. Each broke the code of its time. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { describe, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import { project, projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import type { Container, Task } from '../../src/core/task.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { desiredContents, fold, options, routesOf } from './observed.js'

const start = Date.UTC(2026, 0, 1)
const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/production'
const second = 1000

const container = (name: string, port: number, version: number, lastStatus = 'RUNNING'): Container => ({
  name,
  version,
  lastStatus,
  arn: undefined,
  runtimeId: undefined,
  bindingsVersion: version,
  bindings: [{ containerPort: port, hostPort: port, protocol: 'tcp', count: 1 }],
})
const task = (id: string, version: number, at: number, changes: Partial<Task> = {}): Task => ({
  arn: `arn:aws:ecs:eu-west-1:123456789012:task/production/${id}`,
  cluster,
  group: 'service:shop',
  definition: undefined,
  instance: undefined,
  launchType: 'FARGATE',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version,
  at: start + at,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  interface: { version, ipv4: '10.1.0.1', ipv6: undefined },
  containers: [container('app', 8002, version)],
  health: undefined,
  ...changes,
})
const shopContainer = {
  name: 'app',
  ports: [{ containerPort: 80, hostPort: 80, protocol: 'tcp', count: 1 }],
  image: undefined,
  labels: {},
  environment: {},
} as const
const changed = (one: Task): ClusterEvent => ({ _tag: 'TaskChanged', task: one })
const listed = (
  at: number,
  tasks: readonly Task[],
): Extract<ClusterEvent, { readonly _tag: 'TasksListed' }> => ({
  _tag: 'TasksListed',
  cluster,
  at: start + at,
  tasks,
})

describe('duplicates', () => {
  it.each<ClusterEvent>([
    {
      _tag: 'DefinitionDescribed',
      definition: {
        arn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:1',
        networkMode: 'awsvpc',
        containers: [],
      },
    },
    {
      _tag: 'InstanceDescribed',
      instance: 'arn:aws:ecs:eu-west-1:123456789012:container-instance/production/1',
      addresses: { ipv4: '10.0.0.1', ipv6: undefined },
      at: start,
    },
    { _tag: 'HealthObserved', endpoint: 'a#app:80/tcp', healthy: true, at: start },
    { _tag: 'HealthObserved', endpoint: 'a#app:80/tcp', healthy: false, at: start },
    listed(0, [task('a', 1, 0)]),
    listed(0, []),
  ])('$_tag twice is the very same state', (event) => {
    const known = fold([event])
    strictEqual(reduce(known, event), known)
  })
})

describe('sweeping', () => {
  // Health is told by snapshots only: once forgotten, the last event before the task stopped was believed.
  it('keeps in mind that a task was unhealthy, while its last events may still come', () => {
    const unhealthy = task('a', 4, 60 * second, { health: { at: start + 112_500, status: 'UNHEALTHY' } })
    const known = fold([listed(112_500, [unhealthy]), listed(262_500, [])])
    const late = changed(task('a', 5, 247_500))
    for (const settled of [true, false]) {
      const swept = sweep(known, { skewAllowanceMs: defaultSkewAllowanceMs, now: start + 322_500, settled })
      for (const state of [known, swept])
        deepStrictEqual(routesOf(project(fold([late], state), options)), new Map())
    }
  })
})

describe('the projection', () => {
  /** Every container's port under the container's name. */
  const byContainer: Policy = {
    expose: ({ containers }) => ({
      _tag: 'Ports',
      ports: containers.flatMap(({ name, bindings }) =>
        bindings.map(({ containerPort, hostPort, protocol }) => ({
          backend: name,
          container: name,
          containerPort,
          port: hostPort,
          protocol,
        })),
      ),
    }),
  }
  const both = (version: number, second = 'RUNNING'): readonly Container[] => [
    container('a', 8001, version),
    container('b', 8002, version, second),
  ]
  const settings = { expose: byContainer, covers: [cluster] }

  it('still says that a task lacks one name when it has got the other', () => {
    const again = projector(settings)
    let state = emptyState
    for (const event of [
      changed(task('first', 1, 0, { group: 'service:first', containers: both(1) })),
      changed(task('other', 1, 0, { group: 'service:other', containers: both(1) })),
      changed(task('first', 2, 0, { group: 'service:first', containers: both(2, 'STOPPED') })),
    ]) {
      state = reduce(state, event)
      deepStrictEqual(desiredContents(again(state, 0)), desiredContents(project(state, settings)))
    }
    const [unresolved] = [...again(state, 0).unresolved.values()]
    strictEqual(unresolved?.why, 'name-taken')
    strictEqual(unresolved.detail.startsWith('backend "a" belongs to'), true)
  })

  it('looks up what the snapshot says about a task, where an older event says something else', () => {
    const again = projector({ expose: servicePorts(), covers: [] })
    const stopping = task('a', 1, 0, {
      desiredStatus: 'STOPPED',
      definition: 'api:1',
      containers: [],
    })
    let state = emptyState
    for (const event of [
      listed(2 * defaultSkewAllowanceMs, [stopping]),
      changed({ ...stopping, desiredStatus: 'RUNNING', definition: 'web:1' }),
      {
        _tag: 'DefinitionDescribed',
        definition: { arn: 'api:1', networkMode: 'awsvpc', containers: [shopContainer] },
      },
    ] as const) {
      state = reduce(state, event)
      deepStrictEqual(
        desiredContents(again(state, 0)),
        desiredContents(project(state, { expose: servicePorts(), covers: [] })),
      )
    }
  })

  it('keeps the backend of a port whose neighbour changed', () => {
    const again = projector(settings)
    const before = reduce(emptyState, changed(task('one', 1, 0, { containers: both(1) })))
    const after = reduce(before, changed(task('one', 2, 0, { containers: both(2, 'STOPPED') })))
    const kept = again(before, 0).backends.get('a')
    strictEqual(again(after, 1).backends.get('a'), kept)
    strictEqual(kept?.endpoints.length, 1)
  })
})

describe('a mark of a worker whose clock jumped back', () => {
  it('still rules out what the snapshot before it ruled out', () => {
    const gone = task('web', 3, 0)
    const state = fold([
      changed(gone),
      { ...listed(2 * defaultSkewAllowanceMs, []), order: 1 },
      // Newer by its order, and dated by a clock that was set back.
      { ...listed(-1_000_000, []), order: 2 },
    ])
    deepStrictEqual(routesOf(project(state, options)), new Map())
    strictEqual(state.marks.get(cluster)?.at, start + 2 * defaultSkewAllowanceMs)
  })
})

describe('an address that a task has left', () => {
  // A task with a definition that nobody has looked up yet may claim any name.
  const expose: Policy = {
    ...servicePorts(),
    expose: (one, definition) =>
      one.definition !== undefined && definition === undefined
        ? { _tag: 'NeedsDefinition', backends: 'any' }
        : servicePorts().expose(one, definition),
  }
  const settings = { expose, covers: [cluster] }
  const at = (ipv4: string) => ({ version: 1, ipv4, ipv6: undefined })
  const unnamed = (id: string, version: number, changes: Partial<Task> = {}) =>
    changed(task(id, version, 1_000 * version, { definition: 'web:2', ...changes }))
  const before = listed(1_000, [task('a', 1, 0)])
  const stopped = changed(task('a', 2, 3_000, { desiredStatus: 'STOPPED' }))
  const goneIn = (desired: ReturnType<typeof project>) =>
    desired.backends.get('shop')?.gone.map(({ host }) => host)

  it('is not removed while a live task is on its host whose names are unknown', () => {
    const after = (event: ClusterEvent) => goneIn(project(fold([before, event, stopped]), settings))
    deepStrictEqual(after(unnamed('b', 2)), [])
    deepStrictEqual(after(unnamed('b', 2, { interface: undefined, instance: 'unknown' })), [])
    deepStrictEqual(after(unnamed('b', 2, { interface: at('10.1.0.2') })), ['10.1.0.1'])
  })

  it('is kept and removed again as such tasks come and go', () => {
    const again = projector(settings)
    let state = emptyState
    const seen = [
      before,
      unnamed('b', 2, { interface: at('10.1.0.2') }),
      stopped,
      unnamed('c', 4),
      unnamed('c', 5, { desiredStatus: 'STOPPED' }),
      unnamed('d', 6, { interface: undefined, instance: 'unknown' }),
    ].map((event) => {
      state = reduce(state, event)
      const desired = again(state, 0)
      deepStrictEqual(desiredContents(desired), desiredContents(project(state, settings)))
      return goneIn(desired)
    })
    deepStrictEqual(seen.slice(2), [['10.1.0.1'], [], ['10.1.0.1'], []])
  })
})
