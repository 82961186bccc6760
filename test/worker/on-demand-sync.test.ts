import { emptyState, type Report, run } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory } from 'ecs-task-stream/sources/memory'
import { BehaviorSubject, Subject } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { onDemandSync } from '../../src/worker/on-demand-sync.js'
import { virtualClock } from '../support/virtual-clock.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop'

/** A worker that is told of snapshots by the test, in a time that stands still. */
const working = () => {
  const clock = virtualClock(1_000)
  const source = memory({ covers: [cluster] })
  const worker = run(
    { sources: [source], sinks: [memorySink()], expose: () => ({ _tag: 'Ports', ports: [] }) },
    { clock },
  )
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  let refreshes = 0
  const sync = onDemandSync({
    worker,
    snapshots: { covers: ['shop'], refresh: () => refreshes++ },
    sink: memorySink(),
    backendOf: () => 'web',
    owner: 'me',
    clock,
  })
  const snapshot = (at: number) => source.push({ _tag: 'TasksListed', cluster, at, tasks: [] })
  return { clock, worker, sync, snapshot, refreshes: () => refreshes }
}

describe('a sync on demand', () => {
  it('asks for a snapshot, and is not content with one that was begun before', async () => {
    const { clock, sync, snapshot, refreshes } = working()
    await clock.advance(0)
    await snapshot(1_000)
    await clock.advance(10)
    let ended = false
    const synced = sync.sync().finally(() => (ended = true))
    await clock.advance(5)
    expect(refreshes()).toBe(1)
    await snapshot(1_009)
    await clock.advance(5)
    expect(ended).toBe(false)
    await snapshot(1_010)
    await clock.advance(5)
    expect(await synced).toEqual(new Map())
  })

  it('says that there was no snapshot in time, and what went wrong meanwhile', async () => {
    const clock = virtualClock()
    const reports$ = new Subject<Report>()
    const sync = onDemandSync({
      worker: { ...working().worker, reports$, state$: new BehaviorSubject(emptyState) },
      snapshots: { covers: ['shop'], refresh: () => undefined },
      sink: memorySink(),
      backendOf: () => 'web',
      owner: 'me',
      clock,
    })
    const failure = sync.sync().catch(String)
    await clock.advance(19_999)
    const error = new Error('ListTasks: not allowed')
    reports$.next({
      _tag: 'Noticed',
      source: 'ecs-snapshots',
      notice: { _tag: 'SourceFailed', operation: 'snapshot of shop', error, retryIn: 1_000 },
    })
    await clock.advance(1)
    expect(await failure).toBe(
      'Error: no whole snapshot of shop within 20 s (ecs-snapshots: snapshot of shop: ListTasks: not allowed)',
    )
  })

  it('gives up at once when the worker stops', async () => {
    const { clock, worker, sync } = working()
    await clock.advance(0)
    const failure = sync.sync().catch(String)
    await clock.advance(0)
    const stopped = worker.stop()
    await clock.advance(0)
    await stopped
    expect(await failure).toBe('Error: the worker stops')
  })
})
