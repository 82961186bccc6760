import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import {
  type ClusterEvent,
  type ClusterState,
  emptyState,
  type Notice,
  PersistentMap,
  reduce,
  type Report,
} from 'ecs-task-stream'
import { metricsOf } from 'ecs-task-stream/worker'
import { BehaviorSubject, type Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { metricList, metricName } from '../../src/worker/observability/metric-list.js'
import { observed } from '../support/observed-task.js'
import { operationLabel } from '../../src/worker/observability/closed-label.js'
import { runs } from '../laws/runs.js'
import { folded, reached, reporting, settled, sinkFailed } from './reports.js'

const measuring = (
  ready: Promise<void> = new Promise(() => undefined),
  state$: Observable<ClusterState> = of(emptyState),
) => {
  const by = reporting()
  const registry = metricsOf({ reports$: by.reports$, state$, ready }, by.clock, { worker: 'table' })
  const value = async (line: string): Promise<number | undefined> => {
    const found = (await registry.metrics())
      .split('\n')
      .find((each) => each.startsWith(`ecs_task_stream_${line} `))
    return found === undefined ? undefined : Number(found.split(' ').at(-1))
  }
  return { ...by, registry, value }
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

const create = { _tag: 'Create', key: 'web', after: {} } as const

describe('the metrics', () => {
  it('count every event once, by what it came to', async () => {
    const { report, value } = measuring()
    report(folded(1, { events: 3, elsewhere: 2 }), folded(2, { changed: false }))
    report({ _tag: 'Noticed', source: 'sqs', notice: { _tag: 'Ignored', kind: 'x', count: 4 } })
    report({
      _tag: 'Noticed',
      source: 'sqs',
      notice: { _tag: 'Undecodable', id: 'm', reason: 'r', receives: undefined },
    })
    const outcomes = ['changed', 'unchanged', 'elsewhere', 'ignored', 'undecodable']
    const counts = await Promise.all(
      outcomes.map((outcome) => value(`events_total{source="sqs",outcome="${outcome}"}`)),
    )
    expect(counts).toEqual([3, 1, 2, 4, 1])
    expect(await value('deliveries_total{source="sqs"}')).toBe(2)
  })

  it('show what is unsettled, in whichever order folding and acknowledging are reported', async () => {
    const { report, value } = measuring()
    report(folded(1), folded(2), { _tag: 'Acknowledged', deliveries: 1, unsettled: 1 })
    expect(await value('unsettled_deliveries')).toBe(1)
    report({ _tag: 'Acknowledged', deliveries: 2, unsettled: 0 }, folded(3))
    expect(await value('unsettled_deliveries')).toBe(0)
  })

  it('measure lag from an event to the write of its target, never below zero', async () => {
    const { report, value } = measuring()
    report(reached('table', 2_000), reached('table', -5_000), settled('table', 3, 0))
    expect(await value('lag_seconds_sum{sink="table"}')).toBe(2)
    expect(await value('lag_seconds_count{sink="table"}')).toBe(2)
    expect(await value('lag_seconds_bucket{le="2",sink="table"}')).toBe(2)
    expect(await value('lag_seconds_bucket{le="1",sink="table"}')).toBe(1)
  })

  it('tell the versions, and when the worker started', async () => {
    const { value, clock } = measuring()
    const node = process.version
    expect(await value(`build_info{version="${version}",node="${node}",worker="table"}`)).toBe(1)
    expect(await value('started_timestamp_seconds')).toBe(clock.now() / 1000)
  })

  it('show the newest snapshot of each cluster: when it began, if that is known, and its size', async () => {
    const states$ = new BehaviorSubject(emptyState)
    const { value } = measuring(undefined, states$)
    const listed = (name: string, at: number, ...ids: readonly string[]): ClusterEvent => ({
      _tag: 'TasksListed',
      cluster: name,
      at,
      order: at + 1,
      tasks: ids.map((id) => observed({ id, cluster: name })),
    })
    states$.next([listed('a', 5_000, 'x', 'y'), listed('b', 0)].reduce(reduce, emptyState))
    expect(await value('snapshot_timestamp_seconds{cluster="a"}')).toBe(5)
    expect(await value('snapshot_tasks{cluster="a"}')).toBe(2)
    expect(await value('snapshot_timestamp_seconds{cluster="b"}')).toBeUndefined()
    expect(await value('snapshot_tasks{cluster="b"}')).toBe(0)
    states$.next(reduce(states$.value, listed('a', 9_000, 'x')))
    expect(await value('snapshot_timestamp_seconds{cluster="a"}')).toBe(9)
    expect(await value('snapshot_tasks{cluster="a"}')).toBe(1)
  })

  it('show how long a snapshot took, when the next is due, and the calls, until the cluster is forgotten', async () => {
    const states$ = new BehaviorSubject(emptyState)
    const { value, report } = measuring(undefined, states$)
    states$.next(reduce(emptyState, { _tag: 'TasksListed', cluster: 'a', at: 5_000, order: 1, tasks: [] }))
    for (const notice of [
      { _tag: 'Called', calls: 2 },
      { _tag: 'Called', calls: 1 },
      { _tag: 'SnapshotTaken', cluster: 'a', tasks: 0, tookMs: 1_500 },
      { _tag: 'SnapshotDue', cluster: 'a', at: 300_000 },
    ] as const)
      report({ _tag: 'Noticed', source: 'ecs', notice })
    expect(await value('aws_calls_total{source="ecs"}')).toBe(3)
    expect(await value('snapshot_duration_seconds{cluster="a"}')).toBe(1.5)
    expect(await value('snapshot_due_timestamp_seconds{cluster="a"}')).toBe(300)
    states$.next(emptyState)
    expect(await value('snapshot_duration_seconds{cluster="a"}')).toBeUndefined()
    expect(await value('snapshot_due_timestamp_seconds{cluster="a"}')).toBeUndefined()
  })

  it('are exactly those of the list', async () => {
    const { registry } = measuring()
    const real = (await registry.getMetricsAsJSON()).map(({ name, type, help }) => [name, type, help])
    const listed = Object.values(metricList).map((metric) => [metricName(metric), metric.type, metric.help])
    expect(real.toSorted()).toEqual(listed.toSorted())
  })

  it('follow cursors, plans, writes, conflicts, rejects and failures', async () => {
    const { report, value } = measuring()
    const planned: Report = {
      _tag: 'Planned',
      sink: 'table',
      revision: 7,
      plan: { changes: [create], skipped: [{ change: create, why: 'foreign' }] },
      dry: false,
    }
    report(folded(7), planned, { _tag: 'Applied', sink: 'table', change: create })
    report({ _tag: 'Conflicted', sink: 'table', key: 'web' }, sinkFailed('table', new Error('no')))
    report({ _tag: 'Rejected', sink: 'table', key: 'web', reason: 'r', attempts: 1, givenUp: false })
    report({
      _tag: 'Noticed',
      source: 'sqs',
      notice: { _tag: 'SourceFailed', operation: 'receive', error: new Error('no'), retryIn: 1 },
    })
    report(settled('table', 6), { _tag: 'Swept', forgotten: 3, tasks: 0 })
    const expected = {
      revision: 7,
      'sink_cursor_revision{sink="table"}': 6,
      'plans_total{sink="table"}': 1,
      'skipped_changes{sink="table",reason="foreign"}': 1,
      'skipped_changes{sink="table",reason="too-much"}': 0,
      'writes_total{sink="table",kind="create"}': 1,
      'conflicts_total{sink="table"}': 1,
      'rejects_total{sink="table"}': 1,
      'sink_failures_total{sink="table",operation="apply"}': 1,
      'source_failures_total{source="sqs",operation="receive"}': 1,
      swept_tasks_total: 3,
      tasks: 0,
    }
    for (const [line, count] of Object.entries(expected))
      expect([line, await value(line)]).toEqual([line, count])
  })

  it('show unresolved tasks by reason, and zero when a reason no longer applies', async () => {
    const { report, value } = measuring()
    const task = { task: 't', cluster: 'c', why: 'name-taken', detail: 'd' } as const
    expect(await value('unresolved_tasks{reason="name-taken"}')).toBe(0)
    report({ _tag: 'Unresolved', tasks: PersistentMap.from([['t', task]]) })
    expect(await value('unresolved_tasks{reason="name-taken"}')).toBe(1)
    report({ _tag: 'Unresolved', tasks: PersistentMap.empty() })
    expect(await value('unresolved_tasks{reason="name-taken"}')).toBe(0)
  })

  it('count what is wrong with a target’s set-up, until nothing is any more', async () => {
    const { report, value } = measuring()
    report({ _tag: 'SinkWarned', sink: 'redis', warnings: ['a', 'b'] })
    expect(await value('sink_warnings{sink="redis"}')).toBe(2)
    report({ _tag: 'SinkWarned', sink: 'redis', warnings: [] })
    expect(await value('sink_warnings{sink="redis"}')).toBe(0)
  })

  it('turn ready when the worker is', async () => {
    const ready = Promise.resolve()
    const { value } = measuring(ready)
    expect(await value('ready')).toBe(0)
    await ready
    expect(await value('ready')).toBe(1)
  })

  it('are named and typed as Prometheus asks, with a help text each, in a registry of their own', async () => {
    const { registry } = measuring()
    measuring()
    for (const { name, type, help } of await registry.getMetricsAsJSON()) {
      expect(name).toMatch(/^ecs_task_stream_[a-z_]+$/)
      expect(help.length).toBeGreaterThan(10)
      expect(name.endsWith('_total')).toBe(String(type) === 'counter')
    }
  })

  it.each([
    [
      'DescribeTaskDefinition arn:aws:ecs:eu-west-1:123456789012:task-definition/a:1',
      'DescribeTaskDefinition',
    ],
    ['snapshot of staging', 'snapshot'],
    ['probe of arn:x#app', 'probe'],
    ['journal write', 'journal'],
    ['GET SigningCertURL', 'GET'],
    ['ReceiveMessage', 'ReceiveMessage'],
    ['arn:aws:ecs:eu-west-1:123456789012:cluster/x', 'other'],
    ['constructor', 'other'],
    ['', 'other'],
  ])('name the operation %j %s', (operation, label) => {
    expect(operationLabel(operation)).toBe(label)
  })

  it('hold a bounded number of series, whatever is reported', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a', '"', '\n', '__proto__'),
    )
    const notice: fc.Arbitrary<Notice> = fc.oneof(
      fc.record({
        _tag: fc.constant('Undecodable' as const),
        id: text,
        reason: text,
        receives: fc.constant(1),
      }),
      fc.record({ _tag: fc.constant('Ignored' as const), kind: text, count: fc.nat(9) }),
      fc.record({
        _tag: fc.constant('SourceFailed' as const),
        operation: fc.oneof(
          text,
          text.map((more) => `DescribeTaskDefinition ${more}`),
        ),
        error: text.map((message) => new Error(message)),
        retryIn: fc.constant(undefined),
      }),
      fc.record({ _tag: fc.constant('Warning' as const), message: text }),
    )
    const changed = text.map((key) => ({ _tag: 'Create', key, after: key }) as const)
    const report: fc.Arbitrary<Report> = fc.oneof(
      fc.record({ _tag: fc.constant('Noticed' as const), source: text, notice }),
      text.map((source) => folded(1, { source })),
      text.map((sink) => settled(sink, 1, -1)),
      text.map((sink) => reached(sink, 1)),
      text.map((sink) => sinkFailed(sink, new Error(sink))),
      fc.record({ _tag: fc.constant('Applied' as const), sink: text, change: changed }),
      fc.record({ _tag: fc.constant('Conflicted' as const), sink: text, key: text }),
    )
    const { report: give, registry } = measuring()
    fc.assert(
      fc.property(report, (one) => {
        give(one)
      }),
      { numRuns: Math.max(runs, 2_000) },
    )
    const metrics = await registry.getMetricsAsJSON()
    for (const { name, values } of metrics) {
      // 100 names and `other`, each with at most 25 values of the other label, or 20 buckets with a sum and a count.
      expect([name, values.length <= 101 * 25]).toEqual([name, true])
    }
    const operations = metrics.find(({ name }) => name === 'ecs_task_stream_source_failures_total')
    const seen = new Set(operations?.values.map(({ labels }) => labels['operation']))
    expect(seen).toEqual(new Set(['DescribeTaskDefinition', 'other']))
  })
})
