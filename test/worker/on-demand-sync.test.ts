import { emptyState, type Report, run } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory } from 'ecs-task-stream/sources/memory'
import { BehaviorSubject, Subject } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { onDemandSync } from '../../src/worker/ecs-task-tracker/on-demand-sync.js'
import { virtualClock } from '../support/virtual-clock.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop'

/** A worker that is told of snapshots by the test, in a time that stands still. */
const working = () => {
  const time = virtualClock(1_000)
  let set = 0
  const clock = { ...time, now: () => time.now() + set }
  const source = memory({ covers: [cluster] })
  const worker = run(
    { sources: [source], sinks: [memorySink()], expose: { expose: () => ({ _tag: 'Ports', ports: [] }) } },
    { clock },
  )
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  let refreshes = 0
  let serve: (orders: ReadonlyMap<string, number>) => void = () => undefined
  const sync = onDemandSync({
    worker,
    snapshots: {
      name: 'snapshots',
      covers: ['shop'],
      refreshed: () => {
        refreshes++
        return new Promise((resolve) => (serve = resolve))
      },
    },
    sink: memorySink(),
    backendOf: () => 'web',
    owner: 'me',
    clock,
  })
  /** Tells of a snapshot that began at this place among the others. */
  const snapshot = (place: number) =>
    source.push({ _tag: 'TasksListed', cluster, at: clock.now(), order: place, tasks: [] })
  return {
    clock,
    worker,
    sync,
    snapshot,
    refreshes: () => refreshes,
    /** The snapshot that was asked for has been delivered. */
    serve: (order: number) => serve(new Map([[cluster, order]])),
    setClock: (by: number) => (set += by),
  }
}

describe('a sync on demand', () => {
  it.each([
    ['right', 0],
    ['set back by a day', -86_400_000],
    ['set ahead by a day', 86_400_000],
  ])(
    'asks for a snapshot, and is not content with one that was begun before, with a clock that is %s meanwhile',
    async (_, by) => {
      const { clock, sync, snapshot, refreshes, serve, setClock } = working()
      await clock.advance(0)
      for (const [question, answer, order] of [
        [() => sync.sync(), new Map(), 10],
        [() => sync.diff(), [], 20],
      ] as const) {
        await snapshot(order)
        await clock.advance(10)
        let ended = false
        const asked = refreshes()
        const answered = question().finally(() => (ended = true))
        await clock.advance(5)
        expect(refreshes()).toBe(asked + 1)
        setClock(by)
        await snapshot(order + 1)
        await clock.advance(5)
        expect(ended).toBe(false)
        // It has been delivered, and is folded in a moment.
        serve(order + 2)
        await clock.advance(5)
        expect(ended).toBe(false)
        await snapshot(order + 2)
        await clock.advance(5)
        expect(await answered).toEqual(answer)
      }
    },
  )

  const failing = () => {
    const clock = virtualClock()
    const reports$ = new Subject<Report>()
    const sync = onDemandSync({
      worker: { ...working().worker, reports$, state$: new BehaviorSubject(emptyState) },
      snapshots: { name: 'ecs-snapshots', covers: ['shop'], refreshed: () => new Promise(() => undefined) },
      sink: memorySink(),
      backendOf: () => 'web',
      owner: 'me',
      clock,
    })
    const fail = (source: string, operation: string): void =>
      reports$.next({
        _tag: 'Noticed',
        source,
        notice: { _tag: 'SourceFailed', operation, error: new Error('not allowed'), retryIn: 1_000 },
      })
    return { clock, sync, fail }
  }

  it('says that there was no snapshot in time, and what went wrong meanwhile', async () => {
    const { clock, sync, fail } = failing()
    const failure = sync.sync().catch(String)
    await clock.advance(19_999)
    fail('task-definitions', 'DescribeTaskDefinition')
    await clock.advance(1)
    expect(await failure).toBe(
      'Error: no complete snapshot of shop within 20 s (task-definitions: DescribeTaskDefinition: not allowed)',
    )
  })

  it('fails with the snapshot', async () => {
    const { clock, sync, fail } = failing()
    const failures = [sync.sync(), sync.diff()].map((question) => question.catch(String))
    await clock.advance(5)
    fail('ecs-snapshots', 'snapshot of shop')
    const why = 'Error: no complete snapshot of shop (ecs-snapshots: snapshot of shop: not allowed)'
    expect(await Promise.all(failures)).toEqual([why, why])
  })

  it('gives up at once when the worker stops', async () => {
    const { clock, worker, sync } = working()
    await clock.advance(0)
    const failure = sync.sync().catch(String)
    await clock.advance(0)
    const stopped = worker.stop()
    await clock.advance(0)
    await stopped
    expect(await failure).toBe('Error: the worker is stopping')
  })
})
