import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '../../core/clock.js'
import type { Unresolved } from '../../core/desired.js'
import type { Plan } from '../../core/plan.js'
import type { Report } from '../../core/report.js'
import { measureDeployments } from './deployment-metrics.js'
import type { Notice } from '../../core/source.js'
import type { Worker } from '../../core/worker.js'
import { packageVersion } from '../runner/package-version.js'
import { nameLabel, oneOfLabel, operationLabel } from './closed-label.js'
import { type Metric, metricList, metricName } from './metric-list.js'
import { measureSnapshots } from './snapshot-metrics.js'

/**
 * In seconds, from a queue that is up to date to one that has not been read for half a day. Close together around the
 * alert's 30 s, because a quantile is a guess between two of them.
 */
const lagBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120, 300, 1800, 7200, 43_200]

interface Listed<T extends Metric['type'], L extends string> extends Metric {
  readonly type: T
  readonly labels: readonly L[]
}

const described = <T extends Metric['type'], L extends string>(metric: Listed<T, L>) => ({
  name: metricName(metric),
  help: metric.help,
  labelNames: metric.labels,
})

/** Lists every reason, so that a reason that no longer occurs reads 0 instead of being absent. */
const unresolvedReasons: Readonly<Record<Unresolved['why'], 0>> = {
  deployment: 0,
  held: 0,
  'health-check': 0,
  'instance-address': 0,
  'task-definition': 0,
  'interface-address': 0,
  'lookup-refused': 0,
  'name-taken': 0,
  refused: 0,
}
const skippedReasons: Readonly<Record<Plan<unknown>['skipped'][number]['why'], 0>> = {
  foreign: 0,
  incomplete: 0,
  unjudged: 0,
  'too-much': 0,
  'emptied-only': 0,
}

/** Counts the items by reason. */
const tally = <A>(
  reasons: Readonly<Record<string, 0>>,
  items: Iterable<A>,
  reasonOf: (item: A) => string,
) => {
  const counts = new Map<string, number>(Object.entries(reasons))
  const label = oneOfLabel(counts.keys())
  for (const item of items) {
    const reason = label(reasonOf(item))
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return counts
}

/** Makes an instrument of each metric of the list. */
const instruments = (registers: [Registry]) => {
  const counter = <L extends string>(metric: Listed<'counter', L>) =>
    new Counter({ ...described(metric), registers })
  const gauge = <L extends string>(metric: Listed<'gauge', L>) =>
    new Gauge({ ...described(metric), registers })
  return {
    buildInfo: gauge(metricList.buildInfo),
    started: gauge(metricList.started),
    ready: gauge(metricList.ready),
    lag: new Histogram({ ...described(metricList.lag), buckets: lagBuckets, registers }),
    snapshotTime: gauge(metricList.snapshotTime),
    snapshotTasks: gauge(metricList.snapshotTasks),
    snapshotDuration: gauge(metricList.snapshotDuration),
    snapshotDue: gauge(metricList.snapshotDue),
    calls: counter(metricList.calls),
    events: counter(metricList.events),
    deliveries: counter(metricList.deliveries),
    acknowledged: counter(metricList.acknowledged),
    unheld: counter(metricList.unheld),
    unsettled: gauge(metricList.unsettled),
    revision: gauge(metricList.revision),
    cursor: gauge(metricList.cursor),
    plans: counter(metricList.plans),
    skipped: gauge(metricList.skipped),
    writes: counter(metricList.writes),
    conflicts: counter(metricList.conflicts),
    rejects: counter(metricList.rejects),
    sinkFailures: counter(metricList.sinkFailures),
    sinkWarnings: gauge(metricList.sinkWarnings),
    sourceFailures: counter(metricList.sourceFailures),
    warnings: counter(metricList.warnings),
    clockAhead: gauge(metricList.clockAhead),
    unresolved: gauge(metricList.unresolved),
    deployments: gauge(metricList.deployments),
    journalFailures: counter(metricList.journalFailures),
    unwritable: counter(metricList.unwritable),
    checkpoints: counter(metricList.checkpoints),
    tasks: gauge(metricList.tasks),
    swept: counter(metricList.swept),
  }
}

type Instruments = ReturnType<typeof instruments>

const sinkOperation = oneOfLabel(['read', 'apply'])
const changeKind = oneOfLabel(['create', 'update', 'delete'])

const observeNotice = (
  { calls, clockAhead, events, snapshotDue, snapshotDuration, sourceFailures, warnings }: Instruments,
  source: string,
  notice: Notice,
): void => {
  switch (notice._tag) {
    case 'Undecodable':
      events.inc({ source, outcome: 'undecodable' })
      return
    case 'Ignored':
      events.inc({ source, outcome: 'ignored' }, notice.count)
      return
    case 'SourceFailed':
      sourceFailures.inc({ source, operation: operationLabel(notice.operation) })
      return
    case 'Answered':
    case 'Progressed':
      return
    case 'Called':
      calls.inc({ source }, notice.calls)
      return
    case 'SnapshotTaken':
      snapshotDuration.set({ cluster: notice.cluster }, notice.tookMs / 1000)
      return
    case 'SnapshotDue':
      snapshotDue.set({ cluster: notice.cluster }, notice.at / 1000)
      return
    case 'ClockSkew':
      clockAhead.set(notice.aheadMs / 1000)
      return
    case 'Warning':
      warnings.inc({ source })
      return
  }
}

/** Exhaustive: each kind of report gets its metrics here. */
const observe = (to: Instruments, report: Report): void => {
  switch (report._tag) {
    case 'Noticed':
      observeNotice(to, report.source, report.notice)
      return
    case 'Folded': {
      const { source, events, elsewhere, changed } = report
      to.deliveries.inc({ source })
      to.events.inc({ source, outcome: changed ? 'changed' : 'unchanged' }, events)
      to.events.inc({ source, outcome: 'elsewhere' }, elsewhere)
      to.unsettled.inc()
      to.revision.set(report.revision)
      return
    }
    case 'JournalFailed':
      to.journalFailures.inc({ operation: report.operation })
      return
    case 'Unwritable':
      to.unwritable.inc({ source: report.source })
      return
    case 'CheckpointStored':
      to.checkpoints.inc()
      return
    case 'Planned': {
      const { sink, plan } = report
      to.plans.inc({ sink })
      for (const [reason, count] of tally(skippedReasons, plan.skipped, ({ why }) => why))
        to.skipped.set({ sink, reason }, count)
      return
    }
    case 'Applied':
      to.writes.inc({ sink: report.sink, kind: changeKind(report.change._tag.toLowerCase()) })
      return
    case 'Conflicted':
      to.conflicts.inc({ sink: report.sink })
      return
    case 'Rejected':
      to.rejects.inc({ sink: report.sink })
      return
    case 'SinkFailed':
      to.sinkFailures.inc({ sink: report.sink, operation: sinkOperation(report.operation) })
      return
    case 'SinkWarned':
      to.sinkWarnings.set({ sink: report.sink }, report.warnings.length)
      return
    case 'Synced':
      to.cursor.set({ sink: report.sink }, report.revision)
      return
    case 'Reached': {
      const { sink, eventAt, writtenAt } = report
      // The clocks of ECS and this machine differ, so the difference can be negative.
      to.lag.observe({ sink }, Math.max(0, writtenAt - eventAt) / 1000)
      return
    }
    case 'Draining':
    case 'Unconfirmed':
      return
    case 'Abandoned':
      to.unsettled.dec(report.deliveries)
      return
    case 'AcknowledgedUnheld':
      to.unheld.inc()
      return
    case 'Acknowledged':
      to.acknowledged.inc(report.deliveries)
      to.unsettled.dec(report.deliveries)
      return
    case 'Unresolved':
      for (const [reason, count] of tally(unresolvedReasons, report.tasks.values(), ({ why }) => why))
        to.unresolved.set({ reason }, count)
      return
    case 'Swept':
      to.swept.inc(report.forgotten)
      return
  }
}

export interface MetricsOptions {
  /** The name of the worker, for `build_info`. Default: `custom`. */
  readonly worker?: string
}

/** Measures a worker, in a registry of its own. Call it before the worker starts; it ends with the worker. */
export const metricsOf = (
  { reports$, state$, ready }: Pick<Worker, 'reports$' | 'state$' | 'ready'>,
  clock: Pick<Clock, 'now'>,
  { worker = 'custom' }: MetricsOptions = {},
): Registry => {
  const registry = new Registry()
  const to = instruments([registry])
  to.buildInfo.set({ version: packageVersion(), node: process.version, worker }, 1)
  to.started.set(clock.now() / 1000)
  for (const reason of Object.keys(unresolvedReasons)) to.unresolved.set({ reason }, 0)
  to.ready.set(0)
  void ready.then(() => to.ready.set(1))
  state$.subscribe(({ tasks }) => to.tasks.set(tasks.size))
  const [source, sink, cluster] = [nameLabel(), nameLabel(), nameLabel()]
  const told = [to.snapshotDuration, to.snapshotDue]
  measureSnapshots(state$, { time: to.snapshotTime, tasks: to.snapshotTasks, told }, cluster)
  measureDeployments(state$, to.deployments)
  const named = (report: Report): Report => {
    if (report._tag === 'Noticed') {
      const { notice } = report
      return {
        ...report,
        source: source(report.source),
        notice: 'cluster' in notice ? { ...notice, cluster: cluster(notice.cluster) } : notice,
      }
    }
    if ('source' in report) return { ...report, source: source(report.source) }
    return 'sink' in report ? { ...report, sink: sink(report.sink) } : report
  }
  reports$.subscribe((report) => observe(to, named(report)))
  return registry
}
