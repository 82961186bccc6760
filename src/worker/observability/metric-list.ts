/** What Prometheus is told about a metric, and what people are. */
export interface Metric {
  /** Without the prefix: see `metricName`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** One sentence of at most 120 characters, because it is a cell of a table, too. */
  readonly help: string
  readonly labels: readonly string[]
  /** What its values count. `seconds` since 1970 for a name that ends with `timestamp_seconds`. */
  readonly unit: string
}

/** The name in Prometheus. */
export const metricName = ({ name }: Pick<Metric, 'name'>): string => `ecs_task_stream_${name}`

/**
 * Every metric of a worker. The registry, the table of the documentation, the dashboard and the alerts are made of this
 * list: `npm run monitoring`.
 *
 * Every label has a closed set of values; otherwise messages could create any number of series in Prometheus. Names of
 * sources, sinks and clusters are bounded by `nameLabel`.
 */
export const metricList = {
  buildInfo: {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1. Versions of the package and of Node, and the name of the worker.',
    labels: ['version', 'node', 'worker'],
    unit: 'constant',
  },
  started: {
    name: 'started_timestamp_seconds',
    type: 'gauge',
    help: 'When the worker started.',
    labels: [],
    unit: 'seconds',
  },
  ready: {
    name: 'ready',
    type: 'gauge',
    help: '1 once every required sink has reached a complete state, else 0.',
    labels: [],
    unit: 'boolean',
  },
  lag: {
    name: 'lag_seconds',
    type: 'histogram',
    help: 'From the time at which ECS says that something happened until the target that it changes was written.',
    labels: ['sink'],
    unit: 'seconds',
  },
  snapshotTime: {
    name: 'snapshot_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest whole snapshot of a cluster began, by the clock of ECS; absent if that is not known.',
    labels: ['cluster'],
    unit: 'seconds',
  },
  snapshotTasks: {
    name: 'snapshot_tasks',
    type: 'gauge',
    help: 'Tasks in the newest whole snapshot of a cluster.',
    labels: ['cluster'],
    unit: 'tasks',
  },
  snapshotDuration: {
    name: 'snapshot_duration_seconds',
    type: 'gauge',
    help: 'How long this worker took for its newest whole snapshot of a cluster.',
    labels: ['cluster'],
    unit: 'seconds',
  },
  snapshotDue: {
    name: 'snapshot_due_timestamp_seconds',
    type: 'gauge',
    help: 'When the next snapshot of a cluster is due, by the clock of this machine.',
    labels: ['cluster'],
    unit: 'seconds',
  },
  calls: {
    name: 'aws_calls_total',
    type: 'counter',
    help: 'Calls of AWS by snapshots and lookups, failed ones included; not those of queues and targets.',
    labels: ['source'],
    unit: 'calls',
  },
  events: {
    name: 'events_total',
    type: 'counter',
    help: 'Events received, by outcome.',
    labels: ['source', 'outcome'],
    unit: 'events',
  },
  deliveries: {
    name: 'deliveries_total',
    type: 'counter',
    help: 'Deliveries folded.',
    labels: ['source'],
    unit: 'deliveries',
  },
  acknowledged: {
    name: 'acknowledged_deliveries_total',
    type: 'counter',
    help: 'Deliveries acknowledged.',
    labels: [],
    unit: 'deliveries',
  },
  unheld: {
    name: 'acknowledged_unheld_deliveries_total',
    type: 'counter',
    help: 'Deliveries acknowledged although the lookups of their tasks had not answered.',
    labels: [],
    unit: 'deliveries',
  },
  unsettled: {
    name: 'unsettled_deliveries',
    type: 'gauge',
    help: 'Deliveries folded and not yet acknowledged.',
    labels: [],
    unit: 'deliveries',
  },
  revision: {
    name: 'revision',
    type: 'gauge',
    help: 'The newest revision: deliveries folded by this process.',
    labels: [],
    unit: 'deliveries',
  },
  cursor: {
    name: 'sink_cursor_revision',
    type: 'gauge',
    help: 'The revision that a sink has reached.',
    labels: ['sink'],
    unit: 'deliveries',
  },
  plans: {
    name: 'plans_total',
    type: 'counter',
    help: 'Plans that would change or skip something.',
    labels: ['sink'],
    unit: 'plans',
  },
  skipped: {
    name: 'skipped_changes',
    type: 'gauge',
    help: 'Changes skipped by the last such plan, by reason.',
    labels: ['sink', 'reason'],
    unit: 'changes',
  },
  writes: {
    name: 'writes_total',
    type: 'counter',
    help: 'Changes applied to a target: create, update, delete.',
    labels: ['sink', 'kind'],
    unit: 'changes',
  },
  conflicts: {
    name: 'conflicts_total',
    type: 'counter',
    help: 'Writes for which another writer was faster.',
    labels: ['sink'],
    unit: 'changes',
  },
  rejects: {
    name: 'rejects_total',
    type: 'counter',
    help: 'Changes that a target refused for good.',
    labels: ['sink'],
    unit: 'changes',
  },
  sinkFailures: {
    name: 'sink_failures_total',
    type: 'counter',
    help: 'Calls to a target that failed: read, apply.',
    labels: ['sink', 'operation'],
    unit: 'calls',
  },
  sinkWarnings: {
    name: 'sink_warnings',
    type: 'gauge',
    help: 'Warnings about how a target is set up, as of the last read.',
    labels: ['sink'],
    unit: 'warnings',
  },
  sourceFailures: {
    name: 'source_failures_total',
    type: 'counter',
    help: 'Calls of sources and lookups that failed; the log has the details.',
    labels: ['source', 'operation'],
    unit: 'calls',
  },
  warnings: {
    name: 'source_warnings_total',
    type: 'counter',
    help: 'Warnings of a source.',
    labels: ['source'],
    unit: 'warnings',
  },
  clockAhead: {
    name: 'clock_ahead_seconds',
    type: 'gauge',
    help: "How far this machine's clock is ahead of AWS's; negative if it is behind.",
    labels: [],
    unit: 'seconds',
  },
  unresolved: {
    name: 'unresolved_tasks',
    type: 'gauge',
    help: 'Live tasks that are missing from their backends, or only partly in them, by reason.',
    labels: ['reason'],
    unit: 'tasks',
  },
  deployments: {
    name: 'deployments',
    type: 'gauge',
    help: 'Deployments in stages that divide the traffic of a service now, by stage.',
    labels: ['stage'],
    unit: 'deployments',
  },
  journalFailures: {
    name: 'journal_failures_total',
    type: 'counter',
    help: 'Failed calls to the journal: append, amend, catchUp, checkpoint, lease.',
    labels: ['operation'],
    unit: 'calls',
  },
  unwritable: {
    name: 'unwritable_deliveries_total',
    type: 'counter',
    help: 'Deliveries that the journal can never store.',
    labels: ['source'],
    unit: 'deliveries',
  },
  checkpoints: {
    name: 'checkpoints_total',
    type: 'counter',
    help: 'Checkpoints of the journal stored by this worker.',
    labels: [],
    unit: 'checkpoints',
  },
  tasks: {
    name: 'tasks',
    type: 'gauge',
    help: 'Tasks in memory, stopped ones included.',
    labels: [],
    unit: 'tasks',
  },
  swept: {
    name: 'swept_tasks_total',
    type: 'counter',
    help: 'Tasks forgotten because a snapshot or their age rules them out.',
    labels: [],
    unit: 'tasks',
  },
} as const satisfies Readonly<Record<string, Metric>>
