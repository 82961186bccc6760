import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import type { Notice } from '../../src/core/source.js'
import type { Task } from '../../src/core/task.js'
import { isRunning, lookup, type Question } from '../../src/sources/ecs-api/lookups/lookup.js'
import type { LookupFailure } from '../../src/sources/ecs-api/lookups/lookup-failure.js'
import { virtualClock } from '../support/virtual-clock.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'

const taskOn = (n: number, instance: string): Task => ({
  arn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${n}`,
  cluster,
  group: 'service:web',
  definition: undefined,
  instance,
  launchType: 'EC2',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version: 1,
  at: 0,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  interface: undefined,
  containers: [],
  health: undefined,
})

const fold = (state: ClusterState, ...tasks: readonly Task[]): ClusterState =>
  tasks.map((task): ClusterEvent => ({ _tag: 'TaskChanged', task })).reduce(reduce, state)

interface Asked {
  readonly keys: readonly string[]
  answer(): void
  fail(retry: LookupFailure['retry']): void
}

type Failed = Extract<Notice, { _tag: 'SourceFailed' }>

/** A question about instances that a test answers by hand. */
const askedByHand = (options: Partial<Question> = {}) => {
  const asked: Asked[] = []
  const failures: Failed[] = []
  let looks = 0
  const question: Question = {
    needOf: (task) => {
      looks++
      return isRunning(task) ? task.instance : undefined
    },
    known: (state) => state.instances,
    groupOf: () => 'all',
    batch: 10,
    concurrency: 1,
    ask: (keys) =>
      new Promise((resolve) => {
        const addresses = { ipv4: '10.0.0.1', ipv6: undefined }
        const events = keys.map((instance): ClusterEvent => ({
          _tag: 'InstanceDescribed',
          instance,
          addresses,
          at: 0,
        }))
        asked.push({
          keys,
          answer: () => resolve({ events, failures: [] }),
          fail: (retry) =>
            resolve({ events: [], failures: [{ operation: 'ask', error: new Error('no'), keys, retry }] }),
        })
      }),
    ...options,
  }
  const clock = virtualClock()
  const state$ = new BehaviorSubject(emptyState)
  lookup({ name: 'by-hand', provides: 'addresses', question: () => question, clock, random: () => 0.5 })
    .deliveries(sourceContext(state$))
    .subscribe((output) => {
      if (output._tag === 'Delivery') state$.next(output.events.reduce(reduce, state$.value))
      else if (output._tag === 'SourceFailed') failures.push(output)
    })
  return { asked, failures, clock, state$, looks: () => looks }
}

describe('lookup', () => {
  it('looks at what changed and at nothing else, however many tasks there are', async () => {
    const { state$, looks, clock } = askedByHand()
    const many = Array.from({ length: 10_000 }, (_, n) => taskOn(n, `instance-${n % 100}`))
    const state = fold(emptyState, ...many)
    state$.next(state)
    // So many are looked at in slices.
    while (looks() < many.length) await clock.advance(0)
    const before = looks()
    state$.next(fold(state, { ...taskOn(17, 'instance-17'), version: 2, lastStatus: 'STOPPED' }))
    expect(looks() - before).toBe(2)
  })

  it('asks for no key that is being asked for, is known, or is needed no more', async () => {
    const { asked, clock, state$ } = askedByHand()
    state$.next(fold(state$.value, taskOn(1, 'a')))
    state$.next(fold(state$.value, taskOn(2, 'a'), taskOn(3, 'b'), taskOn(4, 'c')))
    state$.next(fold(state$.value, { ...taskOn(4, 'c'), version: 2, desiredStatus: 'STOPPED' }))
    asked[0]?.answer()
    await clock.advance(0)
    state$.next(fold(state$.value, taskOn(5, 'a')))
    asked[1]?.answer()
    await clock.advance(0)
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['b']])
  })

  it('asks for nothing twice at a time', () => {
    const { asked, state$ } = askedByHand({ batch: 1, concurrency: 2 })
    state$.next(fold(state$.value, taskOn(1, 'a')))
    state$.next(fold(state$.value, taskOn(2, 'a'), taskOn(3, 'b')))
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['b']])
  })

  it('does not let a new task hurry a key that was refused', async () => {
    const { asked, clock, state$ } = askedByHand()
    state$.next(fold(state$.value, taskOn(1, 'a')))
    asked[0]?.fail('later')
    await clock.advance(0)
    state$.next(fold(state$.value, taskOn(2, 'a'), taskOn(3, 'b')))
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['b']])
    asked[1]?.answer()
    await clock.advance(16_000)
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['b'], ['a']])
  })

  it.each(['soon', 'later'] as const)(
    'forgets a key that is no longer needed when its question fails (%s)',
    async (retry) => {
      const { asked, failures, clock, state$ } = askedByHand()
      state$.next(fold(state$.value, taskOn(1, 'a')))
      state$.next(fold(state$.value, { ...taskOn(1, 'a'), version: 2, desiredStatus: 'STOPPED' }))
      asked[0]?.fail(retry)
      await clock.advance(3_600_000)
      expect(asked).toHaveLength(1)
      expect(failures).toMatchObject([{ operation: 'ask', retryIn: undefined }])
    },
  )

  it('waits longer after each failure in a row, and not after a success', async () => {
    const { asked, failures, clock, state$ } = askedByHand()
    state$.next(fold(state$.value, taskOn(1, 'a')))
    for (const [i, step] of (['fail', 'fail', 'fail', 'answer'] as const).entries()) {
      if (step === 'fail') asked[i]?.fail('soon')
      else asked[i]?.answer()
      await clock.advance(1_000)
    }
    state$.next(fold(state$.value, taskOn(2, 'b')))
    asked[4]?.fail('soon')
    await clock.advance(1_000)
    expect(failures.map(({ retryIn }) => retryIn)).toEqual([250, 500, 1_000, 250])
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['a'], ['a'], ['a'], ['b'], ['b']])
  })

  it('has no more questions of a group under way than it may, and none of one group for another', async () => {
    const { asked, clock, state$ } = askedByHand({
      batch: 1,
      concurrency: 2,
      groupOf: (key) => key.charAt(0),
    })
    state$.next(fold(state$.value, ...['a1', 'a2', 'a3', 'a4', 'b1'].map((key, n) => taskOn(n, key))))
    expect(
      asked
        .flatMap(({ keys }) => keys)
        .map((key) => key.charAt(0))
        .sort(),
    ).toEqual(['a', 'a', 'b'])
    asked.find(({ keys }) => keys[0]?.startsWith('a') === true)?.answer()
    await clock.advance(0)
    expect(asked.filter(({ keys }) => keys[0]?.startsWith('a') === true)).toHaveLength(3)
  })
})
