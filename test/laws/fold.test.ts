import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { clusterStateJoin, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import type { Task } from '../../src/core/task.js'
import { anyEvent, anyEvents } from '../../src/testing/any-event.js'
import { redelivered, shuffled, split } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import {
  anyOrderAgrees,
  nextSnapshotRefutes,
  nextSnapshotRepairs,
  sweepIsUnobservable,
} from './convergence.js'
import { desiredContents, fold, options, routed, stateContents } from './observed.js'
import { holds, holdsInHistories } from './holds.js'
import { runsForRareCases } from './runs.js'

const { join } = clusterStateJoin
const same = (a: ReturnType<typeof fold>, b: ReturnType<typeof fold>): void =>
  deepStrictEqual(stateContents(a), stateContents(b))

describe('the fold of any events, realistic or not', () => {
  it('commutes: no order of arrival decides', () => {
    holdsInHistories(
      fc.property(
        anyEvents.chain((events) => fc.tuple(fc.constant(events), shuffled(events))),
        ([events, others]) => same(fold(others), fold(events)),
      ),
    )
  })

  it('is idempotent: what comes twice counts once', () => {
    holdsInHistories(
      fc.property(
        anyEvents.chain((events) => fc.tuple(fc.constant(events), redelivered(events))),
        ([events, again]) => same(fold(again), fold(events)),
      ),
    )
  })

  it('returns the very same state for a duplicate, so that nothing downstream looks at it', () => {
    holdsInHistories(
      fc.property(anyEvents, anyEvent, (events, event) => {
        const known = fold([...events, event])
        strictEqual(reduce(known, event), known)
      }),
    )
  })

  it('is the join with what the event says', () => {
    holdsInHistories(
      fc.property(anyEvents, anyEvent, (events, event) => {
        const state = fold(events)
        same(reduce(state, event), join(state, reduce(emptyState, event)))
      }),
    )
  })

  it('forgets nothing: what was known is below what is known', () => {
    holdsInHistories(
      fc.property(anyEvents, anyEvent, (events, event) => {
        const before = fold(events)
        const after = reduce(before, event)
        same(join(before, after), after)
      }),
    )
  })
})

describe('the join of any two states', () => {
  const state = anyEvents.map((events) => fold(events))

  it('commutes', () => {
    holdsInHistories(fc.property(state, state, (a, b) => same(join(a, b), join(b, a))))
  })

  it('associates', () => {
    holdsInHistories(
      fc.property(state, state, state, (a, b, c) => same(join(join(a, b), c), join(a, join(b, c)))),
    )
  })

  it('is idempotent, and the empty state adds nothing', () => {
    holdsInHistories(
      fc.property(state, (a) => {
        same(join(a, a), a)
        same(join(a, emptyState), a)
        same(join(emptyState, a), a)
      }),
    )
  })
})

describe('the fold of a history', () => {
  it('ends in the same state and wants the same, in any order and with duplicates', () => {
    holdsInHistories(
      fc.property(
        histories().chain(({ events }) => fc.tuple(fc.constant(events), redelivered(events))),
        ([events, arrived]) => {
          const [inOrder, disordered] = [fold(events), fold(arrived)]
          same(disordered, inOrder)
          deepStrictEqual(
            desiredContents(project(disordered, options)),
            desiredContents(project(inOrder, options)),
          )
        },
      ),
    )
  })

  it('routes to the same in any order and with duplicates', () => {
    holds(anyOrderAgrees(routed), runsForRareCases)
  })

  it('is the join of what several workers saw of it', () => {
    holdsInHistories(
      fc.property(
        histories().chain(({ events }) => fc.tuple(fc.constant(events), split(events, 3))),
        ([events, parts]) => same(parts.map((part) => fold(part)).reduce(join, emptyState), fold(events)),
      ),
    )
  })

  it('is exact after the next snapshot, whichever events were lost before it', () => {
    holdsInHistories(nextSnapshotRepairs(routed))
  })

  it('is exact after the next snapshot, whatever was forged before it', () => {
    holdsInHistories(nextSnapshotRefutes(routed))
  })

  it('stays exact when everything comes once more after the snapshot', () => {
    holdsInHistories(
      fc.property(
        histories().chain((history) => redelivered(history.events).map((late) => ({ history, late }))),
        ({ history: { closing, lookups, truth }, late }) =>
          deepStrictEqual(routed([...closing, ...lookups, ...late]), truth),
      ),
    )
  })
})

describe('sweeping', () => {
  it('changes nothing observable, now or with any later events', () => {
    holds(sweepIsUnobservable(sweep), runsForRareCases)
  })

  it('shrinks nothing to a tombstone while a sink has yet to reach the state', () => {
    holdsInHistories(
      fc.property(anyEvents, fc.nat(10), (events, periods) => {
        const before = fold(events)
        const after = sweep(before, {
          skewAllowanceMs: defaultSkewAllowanceMs,
          now: periods * 40_000,
          settled: false,
        })
        for (const [arn, task] of after.tasks) strictEqual(task, before.tasks.get(arn))
        if (before.marks.size === 0) strictEqual(after.tasks.size, before.tasks.size)
      }),
    )
  })

  it('forgets every task that a snapshot two skew allowances later does not name, unless it may only be unhealthy', () => {
    holdsInHistories(
      fc.property(histories(), ({ events, closing, skewAllowanceMs, end }) => {
        const { tasks, marks } = sweep(fold([...events, ...closing]), {
          skewAllowanceMs,
          now: end,
          settled: true,
        })
        for (const [arn, task] of tasks) {
          const mark = marks.get(task.cluster)
          if (mark !== undefined && task.at + 2 * skewAllowanceMs < mark.at && !mark.tasks.has(arn))
            strictEqual(task.health?.status, 'UNHEALTHY')
        }
      }),
    )
  })
})

describe('one task after another', () => {
  const at = Date.UTC(2026, 0, 1)
  const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'
  const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/i'
  const task = (id: string, version: number, changes: Partial<Task> = {}): Task => {
    const lastStatus = changes.lastStatus ?? 'RUNNING'
    return {
      arn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${id}`,
      cluster,
      group: 'service:web',
      definition: undefined,
      instance,
      launchType: 'EC2',
      capacityProvider: undefined,
      zone: undefined,
      startedBy: undefined,
      createdAt: undefined,
      version,
      at: at + version * 1000,
      lastStatus,
      desiredStatus: 'RUNNING',
      interface: undefined,
      containers: [
        {
          name: 'app',
          version,
          lastStatus,
          arn: undefined,
          runtimeId: undefined,
          bindingsVersion: version,
          bindings: [{ containerPort: 80, hostPort: 32768, protocol: 'tcp', count: 1 }],
        },
      ],
      health: undefined,
      ...changes,
    }
  }
  const changed = (one: Task): ClusterEvent => ({ _tag: 'TaskChanged', task: one })
  const stopped = { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
  const described: ClusterEvent = {
    _tag: 'InstanceDescribed',
    instance,
    addresses: { ipv4: '10.0.0.1', ipv6: undefined },
    at,
  }
  const web = new Map([['web', ['10.0.0.1:32768']]])
  const inAnyOrder = (events: readonly ClusterEvent[], routes: ReadonlyMap<string, readonly string[]>) =>
    holdsInHistories(fc.property(redelivered(events), (arrived) => deepStrictEqual(routed(arrived), routes)))

  it('a late STOPPED never removes a port that a new task has', () => {
    inAnyOrder(
      [described, changed(task('old', 2)), changed(task('old', 3, stopped)), changed(task('new', 2))],
      web,
    )
  })

  it('a late RUNNING never resurrects a task that has stopped', () => {
    inAnyOrder([described, changed(task('old', 2)), changed(task('old', 3, stopped))], new Map())
  })

  it('a late RUNNING never resurrects a task that a snapshot does not name, before or after sweeping', () => {
    const listed: ClusterEvent = { _tag: 'TasksListed', cluster, at: at + 1_000_000, tasks: [] }
    inAnyOrder([described, changed(task('old', 2)), listed], new Map())
    const state = sweep(fold([changed(task('old', 2)), listed]), {
      skewAllowanceMs: defaultSkewAllowanceMs,
      now: at + 1_000_000,
      settled: true,
    })
    strictEqual(state.tasks.size, 0)
    deepStrictEqual(
      project(fold([described, changed(task('old', 2))], state), options).backends.get('web')?.endpoints,
      [],
    )
  })

  it('a task that stops under the version in which it ran has stopped', () => {
    inAnyOrder([described, changed(task('old', 3)), changed(task('old', 3, stopped))], new Map())
  })

  it('keeps an interface that a higher version does not carry', () => {
    const own = { version: 2, ipv4: '10.0.0.1', ipv6: undefined }
    inAnyOrder(
      [
        changed(task('fargate', 2, { lastStatus: 'ACTIVATING', instance: undefined, interface: own })),
        changed(task('fargate', 4, { instance: undefined })),
      ],
      web,
    )
  })
})
