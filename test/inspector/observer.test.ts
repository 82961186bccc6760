import type { Notice, Report } from 'ecs-task-stream'
import { expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { reduce } from '../../src/core/reduce.js'
import { aboutStop } from '../../src/core/explain/what-to-do.js'
import type { TaskEnd } from '../../src/core/task-end.js'
import { Observer } from '../../src/inspector/observer/observer.js'
import { observed } from '../support/observed-task.js'

const observer = (): Observer =>
  new Observer({
    worker: 'w',
    version: '1',
    sources: [{ name: 'sqs', covers: [] }],
    sinks: [{ name: 'table' }],
    startedAt: 0,
  })

const folded = (revision: number): Report => ({
  _tag: 'Folded',
  source: 'sqs',
  revision,
  events: 1,
  elsewhere: 0,
  newest: 900,
  changed: true,
})

const synced = (revision: number): Report => ({
  _tag: 'Synced',
  sink: 'table',
  revision,
  newest: 900,
  exact: true,
})

const failed = (message: string): Report => ({
  _tag: 'SinkFailed',
  sink: 'table',
  operation: 'apply',
  key: undefined,
  error: new Error(message),
  retryIn: 100,
})

it('says how far a target is behind, since when, and why', () => {
  const seen = observer()
  seen.hear(folded(1), 1_000)
  seen.hear(synced(1), 1_100)
  seen.hear(folded(2), 2_000)
  seen.hear(folded(3), 3_000)
  seen.hear(failed('throttled'), 3_100)
  expect(seen.observed(5_000)).toMatchObject({
    revision: 3,
    unsettled: 3,
    targets: [
      { state: 'failing', revision: 1, revisionsBehind: 2, behindMs: 3_000, lastError: { at: 3_100 } },
    ],
  })
  seen.hear(synced(3), 5_100)
  seen.hear({ _tag: 'Acknowledged', deliveries: 3, unsettled: 0 }, 5_100)
  expect(seen.observed(6_000)).toMatchObject({
    unsettled: 0,
    oldestUnsettledAt: undefined,
    targets: [{ state: 'exact', revisionsBehind: 0, behindMs: 0, lastError: undefined }],
  })
})

it('gives percentiles of the newest thousand lags', () => {
  const seen = observer()
  for (let lag = 1; lag <= 3_000; lag++)
    seen.hear({ _tag: 'Reached', sink: 'table', revision: lag, eventAt: 0, writtenAt: lag }, lag)
  expect(seen.observed(3_000).targets[0]?.lag).toEqual({ p50Ms: 2_500, p99Ms: 2_990, samples: 1_000 })
})

it('keeps tasks that never got in, and no others', () => {
  const seen = observer()
  let state = emptyState
  const tell = (id: string, version: number, at: number, last: string, desired = last): void => {
    state = reduce(state, { _tag: 'TaskChanged', task: observed({ id, version, at, last, desired }) })
    seen.see(state)
  }
  tell('never-ran', 1, 1_000, 'PENDING', 'RUNNING')
  tell('never-ran', 2, 2_000, 'STOPPED')
  tell('crashed', 1, 1_000, 'RUNNING')
  tell('crashed', 2, 30_000, 'STOPPED')
  tell('served', 1, 1_000, 'RUNNING')
  tell('served', 2, 600_000, 'STOPPED')
  // Another event about a task that is gone.
  tell('crashed', 3, 31_000, 'STOPPED')
  expect(
    seen.observed(0).neverIn.map(({ task, ran, endedAt }) => ({ id: task.split('/').at(-1), ran, endedAt })),
  ).toEqual([
    { id: 'crashed', ran: true, endedAt: 30_000 },
    { id: 'never-ran', ran: false, endedAt: 2_000 },
  ])
})

it('says why a task that never got in ended, when ECS tells it, and keeps that', () => {
  const seen = observer()
  const told = (version: number, last: string, end?: TaskEnd) => {
    const task = { ...observed({ id: 'a', version, last, desired: last }), ...(end && { end }) }
    const { tasks } = emptyState
    seen.see({ tasks: tasks.set(task.arn, task) })
    return seen.observed(0).neverIn
  }
  told(1, 'PENDING')
  expect(told(2, 'STOPPING')).toMatchObject([{ end: undefined, todo: undefined, endedAt: 2_000 }])
  const end: TaskEnd = {
    version: 3,
    stopCode: 'TaskFailedToStart',
    reason: 'Task failed to start',
    containers: [{ name: 'web', exitCode: undefined, reason: 'CannotPullContainerError: not found' }],
  }
  const row = { end, todo: aboutStop.image, endedAt: 2_000 }
  expect(told(3, 'STOPPED', end)).toMatchObject([row])
  // A tombstone.
  expect(told(4, 'STOPPED')).toMatchObject([row])
})

it('says how long a snapshot took, when the next is due, and how many calls there were in a minute', () => {
  const seen = observer()
  const tell = (notice: Notice, now: number): void =>
    seen.hear({ _tag: 'Noticed', source: 'sqs', notice }, now)
  expect(seen.observed(0).sources[0]?.callsLastMinute).toBeUndefined()
  for (let now = 0; now < 120_000; now += 500) tell({ _tag: 'Called', calls: 2 }, now)
  tell({ _tag: 'SnapshotDue', cluster: 'c', at: 300_000 }, 1)
  tell({ _tag: 'SnapshotTaken', cluster: 'c', tasks: 7, tookMs: 1_200 }, 2)
  tell({ _tag: 'SnapshotDue', cluster: 'c', at: 600_000 }, 3)
  expect(seen.observed(119_999).snapshots).toEqual(new Map([['c', { tookMs: 1_200, nextAt: 600_000 }]]))
  expect(seen.observed(119_999).sources[0]?.callsLastMinute).toBe(240)
  expect(seen.observed(149_999).sources[0]?.callsLastMinute).toBe(120)
  expect(seen.observed(500_000).sources[0]?.callsLastMinute).toBe(0)
})

it('is bounded, whatever it hears', () => {
  const seen = observer()
  let { tasks } = emptyState
  for (let i = 0; i < 5_000; i++) {
    seen.hear({ _tag: 'Conflicted', sink: 'table', key: `k${i}` }, i)
    seen.hear(
      {
        _tag: 'Noticed',
        source: 'sqs',
        notice: { _tag: 'SourceFailed', operation: `o${i}`, error: new Error('x'.repeat(9_999)), retryIn: 1 },
      },
      i,
    )
    seen.hear(
      {
        _tag: 'Noticed',
        source: 'sqs',
        notice: { _tag: 'Undecodable', id: `m${i}`, reason: 'x'.repeat(9_999), receives: 1 },
      },
      i,
    )
    const task = observed({ id: `t${i}`, last: 'STOPPED', desired: 'STOPPED' })
    tasks = tasks.set(task.arn, { ...observed({ id: `t${i}`, last: 'PENDING' }), version: 1 })
    seen.see({ tasks })
    tasks = tasks.set(task.arn, task)
    seen.see({ tasks })
  }
  const { conflicts, sources, neverIn } = seen.observed(5_000)
  expect(conflicts).toHaveLength(500)
  expect(neverIn).toHaveLength(1_000)
  expect(sources[0]).toMatchObject({ undecodable: 5_000 })
  expect(sources[0]?.lastUndecodable).toHaveLength(5)
  expect(sources[0]?.failing).toHaveLength(50)
  expect(JSON.stringify(sources).length).toBeLessThan(50_000)
})
