import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock, Millis } from '../../core/clock.js'
import type { Unresolved } from '../../core/desired.js'
import type { Plan } from '../../core/plan.js'
import type { Report } from '../../core/report.js'
import { measureDeployments } from './deployment-metrics.js'
import type { Notice } from '../../core/source.js'
import type { Worker } from '../../core/worker.js'
import { nameLabel, oneOfLabel, operationLabel } from './closed-label.js'

/** In seconds, from a queue that is up to date to one that has not been read for half a day. */
const lagBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43_200]

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

/**
 * Every label has a closed set of values; otherwise messages could create any number of series in Prometheus. Names of
 * sources and sinks come from the configuration, all other values from this file and `operationLabel`.
 */
const instruments = (registers: [Registry]) => {
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `ecs_task_stream_${name}`, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: `ecs_task_stream_${name}`, help, labelNames, registers })
  return {
    lag: new Histogram({
      name: 'ecs_task_stream_lag_seconds',
      help: "Time from the timestamp of the newest settled event until a sink held its effect; 0 when this machine's clock is behind.",
      labelNames: ['sink'],
      buckets: lagBuckets,
      registers,
    }),
    events: counter(
      'events_total',
      'Events received, by outcome: changed, unchanged (duplicate or late), elsewhere (a cluster not followed), ignored (another kind), undecodable.',
      'source',
      'outcome',
    ),
    deliveries: counter('deliveries_total', 'Deliveries folded.', 'source'),
    acknowledged: counter('acknowledged_deliveries_total', 'Deliveries acknowledged.'),
    unsettled: gauge('unsettled_deliveries', 'Deliveries folded and not yet acknowledged.'),
    revision: gauge('revision', 'The newest revision: deliveries folded by this process.'),
    cursor: gauge('sink_cursor_revision', 'The revision that a sink has reached.', 'sink'),
    plans: counter('plans_total', 'Plans that would change or skip something.', 'sink'),
    skipped: gauge('skipped_changes', 'Changes skipped by the last such plan.', 'sink', 'reason'),
    writes: counter('writes_total', 'Changes applied to a target.', 'sink', 'kind'),
    conflicts: counter('conflicts_total', 'Writes that lost to another writer.', 'sink'),
    rejects: counter('rejects_total', 'Changes that a target refused permanently.', 'sink'),
    sinkFailures: counter('sink_failures_total', 'Calls to a target that failed.', 'sink', 'operation'),
    sinkWarnings: gauge(
      'sink_warnings',
      'Warnings about how a target is set up, as of the last read.',
      'sink',
    ),
    sourceFailures: counter('source_failures_total', 'Calls of a source that failed.', 'source', 'operation'),
    clockAhead: gauge(
      'clock_ahead_seconds',
      "How far this machine's clock is ahead of AWS's; negative when it is behind.",
    ),
    unheld: counter(
      'acknowledged_unheld_deliveries_total',
      'Deliveries acknowledged although the lookups of their tasks had not answered.',
    ),
    warnings: counter('source_warnings_total', 'Warnings of a source.', 'source'),
    unresolved: gauge(
      'unresolved_tasks',
      'Live tasks that are missing from their backends, or only partly in them.',
      'reason',
    ),
    journalFailures: counter('journal_failures_total', 'Failed calls to the journal.', 'operation'),
    unwritable: counter(
      'unwritable_deliveries_total',
      'Deliveries that the journal can never store.',
      'source',
    ),
    checkpoints: counter('checkpoints_total', 'Checkpoints of the journal stored by this worker.'),
    tasks: gauge('tasks', 'Tasks in memory, including stopped ones.'),
    swept: counter('swept_tasks_total', 'Tasks forgotten because a snapshot or their age rules them out.'),
    ready: gauge('ready', '1 once every required sink has reached a complete state, else 0.'),
  }
}

type Instruments = ReturnType<typeof instruments>

const sinkOperation = oneOfLabel(['read', 'apply'])
const changeKind = oneOfLabel(['create', 'update', 'delete'])

const observeNotice = (
  { clockAhead, events, sourceFailures, warnings }: Instruments,
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
    case 'ClockSkew':
      clockAhead.set(notice.aheadMs / 1000)
      return
    case 'Warning':
      warnings.inc({ source })
      return
  }
}

/** Exhaustive: each kind of report gets its metrics here. */
const observe = (to: Instruments, report: Report, now: Millis): void => {
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
      // The clocks of ECS and this machine differ, so the difference can be negative.
      if (report.newest !== undefined)
        to.lag.observe({ sink: report.sink }, Math.max(0, now - report.newest) / 1000)
      return
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

/** Measures a worker, in a registry of its own. Call it before the worker starts; it ends with the worker. */
export const metricsOf = (
  { reports$, state$, ready }: Pick<Worker, 'reports$' | 'state$' | 'ready'>,
  clock: Pick<Clock, 'now'>,
): Registry => {
  const registry = new Registry()
  const to = instruments([registry])
  for (const reason of Object.keys(unresolvedReasons)) to.unresolved.set({ reason }, 0)
  to.ready.set(0)
  void ready.then(() => to.ready.set(1))
  state$.subscribe(({ tasks }) => to.tasks.set(tasks.size))
  measureDeployments(state$, registry)
  const [source, sink] = [nameLabel(), nameLabel()]
  const named = (report: Report): Report => {
    if ('source' in report) return { ...report, source: source(report.source) }
    return 'sink' in report ? { ...report, sink: sink(report.sink) } : report
  }
  reports$.subscribe((report) => observe(to, named(report), clock.now()))
  return registry
}
