import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { reduce } from '../../src/core/reduce.js'
import type { Task } from '../../src/core/task.js'
import { isRunning, lookup } from '../../src/sources/ecs-api/lookups/lookup.js'
import { type TokenBucket, tokenBucket } from '../../src/shared/aws/token-bucket.js'
import { virtualClock } from '../support/virtual-clock.js'

const clusterNamed = (name: string, region = 'eu-west-1'): string =>
  `arn:aws:ecs:${region}:123456789012:cluster/${name}`

const taskOf = (id: string, definition: string, cluster = clusterNamed('prod')): Task => ({
  arn: `${cluster.replace(':cluster/', ':task/')}/${id}`,
  cluster,
  group: 'service:web',
  definition,
  instance: undefined,
  launchType: 'FARGATE',
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

const stateOf = (tasks: readonly Task[], listed: readonly Task[] = []): ClusterState => ({
  ...emptyState,
  tasks: PersistentMap.from([...tasks, ...listed].map((task) => [task.arn, task])),
  marks: PersistentMap.from(
    listed.map((task) => [task.cluster, { order: 1, at: 0, tasks: PersistentMap.from([[task.arn, task]]) }]),
  ),
})

const honest = 'web:8'

/** A lookup of definitions in one group for each cluster, in which only the honest one exists. */
const asking = (
  rate: { readonly burst: number; readonly perSecond: number } = { burst: 10, perSecond: 4 },
) => {
  const clock = virtualClock()
  const state$ = new BehaviorSubject(emptyState)
  const asked: string[] = []
  const buckets = new Map<string, TokenBucket>()
  const bucketOf = (group: string): TokenBucket => {
    const bucket = buckets.get(group) ?? tokenBucket({ ...rate, clock })
    buckets.set(group, bucket)
    return bucket
  }
  const source = lookup({
    name: 'floods',
    provides: 'definitions',
    clock,
    random: () => 0.5,
    question: () => ({
      needOf: (task) => (isRunning(task) ? `${task.cluster}#${task.definition ?? ''}` : undefined),
      known: (state) => state.definitions,
      groupOf: (key) => key.slice(0, key.indexOf('#')),
      laneOf: (key) => key.slice(key.indexOf('#') + 1, key.lastIndexOf(':')),
      batch: 1,
      concurrency: 4,
      turn: (group, signal) => bucketOf(group).take(1, signal),
      ask: ([key = '']) => {
        asked.push(key)
        const events: readonly ClusterEvent[] = key.endsWith(honest)
          ? [{ _tag: 'DefinitionDescribed', definition: { arn: key, networkMode: 'awsvpc', containers: [] } }]
          : []
        return Promise.resolve({
          events,
          failures:
            events.length > 0
              ? []
              : [{ operation: 'ask', error: new Error('no such'), keys: [key], retry: 'later' as const }],
        })
      },
    }),
  })
  source.deliveries(sourceContext(state$)).subscribe((output) => {
    if (output._tag === 'Delivery') state$.next(output.events.reduce(reduce, state$.value))
  })
  /** How many calls were made before the honest one was answered. */
  const answered = async (limitMs = 3_600_000): Promise<number> => {
    const end = clock.now() + limitMs
    while (state$.value.definitions.size === 0 && clock.now() < end) await clock.advance(250)
    expect(state$.value.definitions.size).toBe(1)
    return asked.findIndex((key) => key.endsWith(honest))
  }
  return { clock, state$, asked, answered }
}

const families = (n: number): readonly Task[] =>
  Array.from({ length: n }, (_, i) => taskOf(`evil-${i}`, `evil-${i}:1`))

const revisions = (n: number): readonly Task[] =>
  Array.from({ length: n }, (_, i) => taskOf(`evil-${i}`, `evil:${i}`))

const sizes = [100, 5_000] as const

describe('a flood of invented definitions', () => {
  it.each([
    ['of as many families', families],
    ['of one family', revisions],
  ] as const)('%s keeps no listed task waiting: its key is the next that is asked for', async (_, flood) => {
    for (const n of sizes) {
      const { state$, clock, asked, answered } = asking()
      state$.next(stateOf(flood(n)))
      await clock.advance(60_000)
      const before = asked.length
      state$.next(stateOf(flood(n), [taskOf('honest', honest)]))
      expect((await answered()) - before).toBeLessThan(8)
    }
  })

  it.each([
    ['of as many families', families],
    ['of one family', revisions],
  ] as const)('%s keeps no new task waiting that only events name', async (_, flood) => {
    for (const n of sizes) {
      const { state$, clock, asked, answered } = asking()
      state$.next(stateOf(flood(n)))
      await clock.advance(60_000)
      const before = asked.length
      state$.next(stateOf([...flood(n), taskOf('honest', honest)]))
      expect((await answered()) - before).toBeLessThan(12)
    }
  })

  it('of one family that goes on and on keeps no task of another family waiting', async () => {
    const { state$, clock, asked, answered } = asking()
    const flood = revisions(2_000)
    state$.next(stateOf(flood.slice(0, 1_000)))
    await clock.advance(10_000)
    const before = asked.length
    for (let n = 1_000; n < 2_000; n += 50) {
      const tasks = [...flood.slice(0, n), taskOf('honest', honest), ...flood.slice(n, n + 50)]
      state$.next({ ...stateOf(tasks), definitions: state$.value.definitions })
      await clock.advance(250)
    }
    expect((await answered()) - before).toBeLessThan(12)
  })

  it('costs no more calls in its first minute, however large it is', async () => {
    for (const n of sizes) {
      const { state$, clock, asked } = asking()
      state$.next(stateOf(families(n)))
      await clock.advance(60_000)
      expect(asked.length).toBeLessThanOrEqual(10 + 4 * 60)
    }
  })
})

describe('a flood of invented clusters and regions', () => {
  const invented = (n: number): readonly Task[] =>
    Array.from({ length: n }, (_, i) => taskOf('1', 'web:1', clusterNamed(`evil-${i}`, `region-${i}`)))

  it('costs no more calls in its first minute, however large it is', async () => {
    const calls: number[] = []
    for (const n of [100, 2_000]) {
      const { state$, clock, asked } = asking()
      state$.next(stateOf(invented(n)))
      await clock.advance(60_000)
      calls.push(asked.length)
    }
    expect(Math.max(...calls)).toBeLessThanOrEqual(400)
  })

  it.each([
    ['that a snapshot lists', true],
    ['that events alone tell of', false],
  ] as const)('keeps no cluster waiting %s', async (_, isListed) => {
    for (const n of [100, 2_000]) {
      const { state$, clock, asked, answered } = asking()
      state$.next(stateOf(invented(n)))
      await clock.advance(60_000)
      const before = asked.length
      const task = taskOf('honest', honest)
      state$.next(isListed ? stateOf(invented(n), [task]) : stateOf([...invented(n), task]))
      expect((await answered()) - before).toBeLessThan(12)
    }
  })
})
