import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import {
  explain,
  explainedTarget,
  type Row,
  run,
  servicePorts,
  type Sink,
  type Worker,
} from 'ecs-task-stream'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Desired } from '../../src/core/desired.js'
import { InspectedTarget } from '../../src/core/inspected-target.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { backendsArbitrary } from '../../src/testing/backends.js'
import { runs } from '../laws/runs.js'
import { observed } from '../support/observed-task.js'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js'

const started = (
  sink: Sink<Addresses>,
): {
  readonly worker: Worker
  readonly clock: VirtualClock
  readonly source: ReturnType<typeof memorySource>
} => {
  const clock = virtualClock(1_000_000)
  const source = memorySource()
  const worker = run(
    { expose: servicePorts(), sources: [source], sinks: [sink], minWriteIntervalMs: 0 },
    { clock, random: () => 0.5 },
  )
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  return { worker, clock, source }
}

const running = (id: string, port: number) =>
  ({ _tag: 'TaskChanged', task: observed({ id, port, at: 1_000_000 }) }) as const

const breakOf = async (worker: Worker, id: string) => {
  const [subject] = explain(await worker.world(), id).subjects
  return subject?._tag === 'Task'
    ? { break: subject.firstBreak?.link, says: subject.firstBreak?.says }
    : undefined
}

describe('the world of a running worker', () => {
  it('explains a task as routed once its target holds it, without another read', async () => {
    let reads = 0
    const memory = memorySink()
    const { worker, clock, source } = started({
      ...memory,
      read: (signal) => {
        reads++
        return memory.read(signal)
      },
    })
    await clock.advance(0)
    void source.push(running('t1', 1001))
    await clock.advance(10)
    expect(await breakOf(worker, 't1')).toEqual({ break: undefined, says: undefined })
    expect(reads).toBe(1)
  })

  it('says what is under way while a write hangs, and does not wait for it', async () => {
    const { worker, clock, source } = started({ ...memorySink(), apply: () => new Promise(() => undefined) })
    await clock.advance(0)
    void source.push(running('t1', 1001))
    await clock.advance(10)
    expect(await breakOf(worker, 't1')).toMatchObject({ break: 'target' })
    // Newer than the round under way.
    void source.push(running('t2', 1002))
    await clock.advance(10)
    expect(await breakOf(worker, 't2')).toMatchObject({ break: 'target' })
  })

  it('gives the last failure of a target that cannot be read', async () => {
    const { worker, clock } = started({
      ...memorySink(),
      read: () => Promise.reject(new Error('AccessDenied: dynamodb:Scan')),
    })
    await clock.advance(10)
    expect((await worker.world()).targets).toMatchObject([
      { _tag: 'Unread', reason: 'AccessDenied: dynamodb:Scan' },
    ])
  })

  it('does not change any more once it is given', async () => {
    const { worker, clock, source } = started(memorySink())
    await clock.advance(0)
    void source.push(running('t1', 1001))
    await clock.advance(10)
    const before = await worker.world()
    void source.push(running('t2', 1002))
    await clock.advance(1_000)
    expect((await worker.world()).desired.backends.get('web')?.endpoints).toHaveLength(2)
    expect(before.targets.map((target) => target._tag === 'Read' && target.records.get('web')?.held)).toEqual(
      [['10.0.0.1:1001']],
    )
    expect(explain(before, 't2').subjects).toEqual([])
  })

  it('answers many who ask at once, and after the worker has stopped', async () => {
    const { worker, clock, source } = started(memorySink())
    await clock.advance(0)
    void source.push(running('t1', 1001))
    await clock.advance(10)
    const worlds = await Promise.all(Array.from({ length: 5 }, () => worker.world()))
    expect(new Set(worlds.map(({ desired }) => desired)).size).toBe(1)
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
    expect(await breakOf(worker, 't1')).toEqual({ break: undefined, says: undefined })
  })
})

const owner = 'ours'

const desiredOf = (backends: Desired['backends'], revision: number): Desired => ({
  revision,
  backends,
  complete: [...backends.values()].every(({ complete }) => complete),
  awaited: [],
  unjudged: new Set(),
  readings: new Map(),
  unresolved: PersistentMap.empty(),
})

const rowsArbitrary: fc.Arbitrary<readonly Row<Addresses>[]> = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom('api', 'web', 'db', 'other'),
    value: fc.uniqueArray(fc.constantFrom('10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:443'), { maxLength: 3 }),
    owner: fc.constantFrom(owner, owner, 'theirs', undefined),
    etag: fc.constant(undefined),
  }),
  { selector: ({ key }) => key },
)

const moments = fc.array(
  fc.record({
    rows: rowsArbitrary,
    backends: fc.boolean().chain((complete) => backendsArbitrary({ complete })),
  }),
  { minLength: 1, maxLength: 6 },
)

const sinks = fc.constantFrom<Sink<Addresses>>(
  memorySink(),
  memorySink({ adopt: false }),
  (({ parts: _, ...sink }) => sink)({ ...memorySink() }),
)

describe('the view that is asked', () => {
  it('is the view from scratch, whatever it was asked before', async () => {
    await fc.assert(
      fc.asyncProperty(sinks, moments, async (sink, all) => {
        const inspected = new InspectedTarget(sink, owner, () => Promise.resolve())
        for (const [i, { rows, backends }] of all.entries()) {
          const desired = desiredOf(backends, i)
          const options = { pruneGuard: 'off' as const }
          const target = await inspected.against(new Map(rows.map((row) => [row.key, row])), desired, options)
          const expected = explainedTarget(sink, rows, desired, { owner, ...options })
          const shown = (one: typeof target) =>
            one._tag === 'Unread'
              ? one
              : {
                  records: new Map([...one.records].toSorted(([a], [b]) => (a < b ? -1 : 1))),
                  unlike: one.unlike,
                  keys: [...backends.values()].map((backend) => one.keysOf(backend).toSorted()),
                }
          deepStrictEqual(shown(target), shown(expected))
        }
      }),
      { numRuns: runs },
    )
  })
})
