import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { fold as foldOne } from '../../src/core/fold.js'
import { reduce } from '../../src/core/reduce.js'
import { relist, relistingOf, type TasksRelisted } from '../../src/core/relisting.js'
import { stateEvents } from '../../src/core/state-events.js'
import { anyEvents, anyTask } from '../../src/testing/any-event.js'
import { shuffled } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { fold, stateContents } from './observed.js'
import { holdsInHistories } from './holds.js'

type TasksListed = Extract<ClusterEvent, { readonly _tag: 'TasksListed' }>
type State = ReturnType<typeof fold>

const same = (a: State, b: State): void => deepStrictEqual(stateContents(a), stateContents(b))

const cluster = 'c'
/** Health is left out, because the time of an unchanged answer is not part of a difference. */
const snapshot = (order: fc.Arbitrary<number>): fc.Arbitrary<TasksListed> =>
  fc
    .record({ order, tasks: fc.uniqueArray(anyTask, { selector: ({ arn }) => arn, maxLength: 6 }) })
    .map(({ order, tasks }): TasksListed => ({
      _tag: 'TasksListed',
      cluster,
      at: order,
      order,
      tasks: tasks.map((task) => ({ ...task, cluster, health: undefined })),
    }))

const differenceOf = (listed: TasksListed, state: State): TasksRelisted => {
  const relisted = relistingOf(listed, state)
  if (relisted === undefined) throw new Error('the snapshot is not newer')
  return relisted
}

const twoSnapshots = fc.tuple(
  anyEvents,
  snapshot(fc.integer({ min: 1, max: 100 })),
  snapshot(fc.integer({ min: 101, max: 200 })),
  anyEvents,
)

describe('a snapshot as its difference from the one before', () => {
  it('gives the state that the whole snapshot gives', () => {
    holdsInHistories(
      fc.property(twoSnapshots, ([events, first, second]) => {
        const state = [...events, first].reduce(reduce, emptyState)
        if ((state.marks.get(cluster)?.order ?? 0) > 100) return
        same(relist(state, differenceOf(second, state)), reduce(state, second))
      }),
    )
  })

  it('gives it whatever else its reader knows', () => {
    holdsInHistories(
      fc.property(twoSnapshots, ([events, first, second, others]) => {
        const isOther = (event: ClusterEvent): boolean => event._tag !== 'TasksListed'
        const writer = [...events.filter(isOther), first].reduce(reduce, emptyState)
        const reader = [first, ...events.filter(isOther), ...others.filter(isOther)].reduce(
          reduce,
          emptyState,
        )
        same(relist(reader, differenceOf(second, writer)), reduce(reader, second))
      }),
    )
  })

  it('changes nothing when it comes twice, or after a newer one', () => {
    holdsInHistories(
      fc.property(twoSnapshots, ([, first, second]) => {
        const before = reduce(emptyState, first)
        const relisted = differenceOf(second, before)
        const after = relist(before, relisted)
        strictEqual(relist(after, relisted), after)
      }),
    )
  })

  it('rules nothing out without the snapshot before it', () => {
    holdsInHistories(
      fc.property(twoSnapshots, ([, first, second]) => {
        const relisted = differenceOf(second, reduce(emptyState, first))
        deepStrictEqual(relist(emptyState, relisted).marks.size, 0)
      }),
    )
  })

  it('is as long as what changed, although every answer about health has a new time', () => {
    const task = fc.sample(anyTask, { numRuns: 1, seed: 1 })[0]!
    const listed = (order: number): TasksListed => ({
      _tag: 'TasksListed',
      cluster,
      at: order,
      order,
      tasks: Array.from({ length: 100 }, (_, i) => ({
        ...task,
        arn: `t${i}`,
        cluster,
        health: { at: order, status: i === order ? 'UNHEALTHY' : 'HEALTHY' },
      })),
    })
    const relisted = differenceOf(listed(7), reduce(emptyState, listed(1)))
    deepStrictEqual(
      relisted.tasks.map(({ arn }) => arn),
      ['t1', 't7'],
    )
    deepStrictEqual(relisted.unlisted, [])
  })
})

describe('the events of a state', () => {
  const ordered = fc.oneof(
    anyEvents,
    histories().map(({ events }) => events),
  )

  it('give the state when they are folded, in any order', () => {
    holdsInHistories(
      fc.property(
        ordered
          .map((events) => fold(events))
          .chain((state) => fc.tuple(fc.constant(state), shuffled([...stateEvents(state)]))),
        ([state, events]) => same(events.reduce(foldOne, emptyState), state),
      ),
    )
  })

  it('describe a task once, if the newest snapshot describes it as it is known', () => {
    const tasks = fc.sample(anyTask, { numRuns: 1, seed: 1 }).map((task) => ({ ...task, cluster }))
    const listed: TasksListed = { _tag: 'TasksListed', cluster, at: 1, order: 1, tasks }
    deepStrictEqual(
      [...stateEvents(fold([listed]))].map(({ _tag }) => _tag),
      ['TasksListed'],
    )
  })
})
