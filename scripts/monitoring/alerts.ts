import { metricList, metricName } from '../../src/worker/observability/metric-list.js'

/** An alert about a worker, as Prometheus evaluates it. */
export interface Alert {
  readonly name: string
  readonly expr: string
  /** How long the expression must hold, in Prometheus's notation. */
  readonly for: string
  /** `critical`: targets may be wrong now. `warning`: somebody should look within a day. */
  readonly severity: 'critical' | 'warning'
  /** One line. `{{ $labels.… }}` and `{{ $value }}` are filled in by Prometheus. */
  readonly summary: string
  /** What it means, and what to do. */
  readonly description: string
  /** The page of this project that says more, from its root. */
  readonly runbook: string
}

const of = (key: keyof typeof metricList): string => metricName(metricList[key])

/** The quantile of the lag over five minutes, as Kubernetes measures the latency of its network programming. */
export const lagQuantile = (quantile: number, window: string, selector = ''): string =>
  `histogram_quantile(${quantile}, sum by (job, sink, le) (rate(${of('lag')}_bucket${selector}[${window}])))`

const started = of('started')

export const alerts: readonly Alert[] = [
  {
    name: 'EcsTaskStreamAbsent',
    expr: `absent(${of('buildInfo')})`,
    for: '5m',
    severity: 'critical',
    summary: 'No worker of ecs-task-stream is scraped.',
    description:
      'Targets keep what they hold, and no longer follow the cluster. Check that the service of the worker runs, and that Prometheus reaches its PORT.',
    runbook: 'docs/observability.md#absent',
  },
  {
    name: 'EcsTaskStreamRestarts',
    // A task that is replaced has another address, so another series; a process that is restarted has another start.
    expr: [
      `count by (job) (last_over_time(${started}[30m])) - count by (job) (${started})`,
      `+ sum by (job) (changes(${started}[30m])) > 3`,
    ].join(' '),
    for: '5m',
    severity: 'warning',
    summary: 'The workers of {{ $labels.job }} were started {{ $value }} times in half an hour.',
    description:
      'Read the last lines of the log of a worker that has ended, and its exit code: 64 is a wrong setting, 69 something that is not there, 137 too little memory.',
    runbook: 'docs/observability.md#restarts',
  },
  {
    name: 'EcsTaskStreamNotReady',
    expr: `${of('ready')} == 0`,
    for: '10m',
    severity: 'critical',
    summary: '{{ $labels.instance }} has not become ready.',
    description:
      'No required sink has reached a complete state since the start. Ask GET /ready for the reasons: each says what failed and what to do. A restart does not help.',
    runbook: 'docs/operating.md#health-and-readiness',
  },
  {
    name: 'EcsTaskStreamSnapshotOld',
    // Snapshots are at most four times as rare as RESYNC_SECONDS, which is 300 by default.
    expr: `time() - ${of('snapshotTime')} > 3600`,
    for: '10m',
    severity: 'warning',
    summary: 'The last snapshot of {{ $labels.cluster }} is {{ $value | humanizeDuration }} old.',
    description:
      'Events that were lost are not made up for. Look for "source failed" in the log: usually a permission is missing or ECS throttles. Raise the limit if RESYNC_SECONDS is above 900.',
    runbook: 'docs/observability.md#old-snapshots',
  },
  {
    name: 'EcsTaskStreamLagHigh',
    expr: `${lagQuantile(0.99, '5m')} > 30`,
    for: '10m',
    severity: 'warning',
    summary: 'One change in a hundred takes {{ $value | humanizeDuration }} to reach {{ $labels.sink }}.',
    description:
      'Compare with the age of the oldest message of the queue. If that is high too, the worker or the rule of EventBridge is slow; otherwise the target is, or lookups are.',
    runbook: 'docs/observability.md#lag',
  },
  {
    name: 'EcsTaskStreamSinkBehind',
    expr: [
      `${of('revision')} - on (job, instance) group_right () ${of('cursor')} > 0`,
      `and changes(${of('cursor')}[10m]) == 0`,
    ].join(' '),
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.sink }} has been behind for more than ten minutes.',
    description:
      'The target lacks changes. GET /ready and the log say why: a target that fails, the prune guard, or a change that is refused. Deliveries stay in the queue meanwhile.',
    runbook: 'docs/observability.md#a-target-is-behind',
  },
  {
    name: 'EcsTaskStreamTargetFailing',
    expr: `sum by (job, sink, operation) (rate(${of('sinkFailures')}[5m])) > 0`,
    for: '10m',
    severity: 'critical',
    summary: 'Calls to {{ $labels.sink }} ({{ $labels.operation }}) have failed for ten minutes.',
    description:
      'The log line "sink failed" says the reason and the next step. Calls are repeated with backoff, and nothing is lost.',
    runbook: 'docs/observability.md#a-target-is-behind',
  },
  {
    name: 'EcsTaskStreamConflictsPersist',
    expr: `sum by (job, sink) (increase(${of('conflicts')}[15m])) > 30`,
    for: '15m',
    severity: 'warning',
    summary: 'Another writer keeps changing records of {{ $labels.sink }}.',
    description:
      'The log names the record and whose mark is there. Stop one of the two writers, or give each an OWNER of its own. Replicas of one worker conflict a few times for each change.',
    runbook: 'docs/observability.md#conflicts',
  },
  {
    name: 'EcsTaskStreamChangesRejected',
    expr: `sum by (job, sink) (increase(${of('rejects')}[15m])) > 0`,
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.sink }} refuses changes for good.',
    description:
      'The log line "rejected" says which record, and the reason of the target. Other records are written.',
    runbook: 'docs/observability.md#a-target-is-behind',
  },
  {
    name: 'EcsTaskStreamPruneGuard',
    expr: `${of('skipped')}{reason="too-much"} > 0`,
    for: '10m',
    severity: 'critical',
    summary: 'The prune guard holds back {{ $value }} changes of {{ $labels.sink }}.',
    description:
      'A plan would take away more than half of the records. It waits for newer snapshots, which confirm or refute it. If none come, see to the snapshots.',
    runbook: 'docs/operating.md#the-prune-guard',
  },
  {
    name: 'EcsTaskStreamUndecodable',
    expr: `sum by (job, source) (increase(${of('events')}{outcome="undecodable"}[15m])) > 0`,
    for: '0s',
    severity: 'warning',
    summary: '{{ $labels.source }} receives messages that are no ECS events.',
    description:
      'They are left for the redrive policy. The log line "undecodable message, left in place" says what is wrong. The usual cause is an input transformer on the rule.',
    runbook: 'docs/operating.md#tasks-and-messages',
  },
  {
    name: 'EcsTaskStreamUnsettled',
    expr: [
      `min_over_time(${of('unsettled')}[15m]) > 0`,
      `and on (job, instance) increase(${of('acknowledged')}[15m]) == 0`,
    ].join(' '),
    for: '5m',
    severity: 'critical',
    summary:
      '{{ $value }} deliveries at {{ $labels.instance }} have waited for more than a quarter of an hour.',
    description:
      'The queue gives them to another worker, again and again. See whether a target is behind, or lookups do not answer.',
    runbook: 'docs/observability.md#deliveries-are-not-settled',
  },
  {
    name: 'EcsTaskStreamTasksRefused',
    expr: `sum by (job, reason) (${of('unresolved')}{reason=~"name-taken|refused|lookup-refused"}) > 0`,
    for: '15m',
    severity: 'warning',
    summary: '{{ $value }} running tasks are not offered: {{ $labels.reason }}.',
    description:
      'They get no requests until somebody acts. The log line "unresolved live tasks" has examples, and `ecs-task-stream explain` tells of each.',
    runbook: 'docs/operating.md#unresolved-tasks',
  },
  {
    name: 'EcsTaskStreamTasksWaiting',
    expr: `sum by (job, reason) (${of('unresolved')}{reason=~"instance-address|task-definition|interface-address|deployment"}) > 0`,
    for: '30m',
    severity: 'warning',
    summary: '{{ $value }} running tasks have waited for half an hour: {{ $labels.reason }}.',
    description:
      'AWS does not answer what is needed to offer them. "source failed" in the log says which call fails: usually a permission is missing.',
    runbook: 'docs/operating.md#unresolved-tasks',
  },
  {
    name: 'EcsTaskStreamSourceFailing',
    expr: `sum by (job, source, operation) (rate(${of('sourceFailures')}[5m])) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'Calls of {{ $labels.source }} ({{ $labels.operation }}) have failed for a quarter of an hour.',
    description: 'The log line "source failed" says the reason and the next step.',
    runbook: 'docs/operating.md#operations-of-sources',
  },
  {
    name: 'EcsTaskStreamJournalFailing',
    expr: `sum by (job, operation) (rate(${of('journalFailures')}[5m])) > 0`,
    for: '10m',
    severity: 'critical',
    summary: 'The journal has failed for ten minutes: {{ $labels.operation }}.',
    description: 'Nothing is folded or written until it answers. Targets stay as they are.',
    runbook: 'docs/scaling.md#when-the-journal-is-down',
  },
  {
    name: 'EcsTaskStreamClockSkew',
    expr: `abs(${of('clockAhead')}) > 30`,
    for: '10m',
    severity: 'warning',
    summary: 'The clock of {{ $labels.instance }} differs from that of AWS by {{ $value }} s.',
    description: 'Nothing relies on it but the lag. Set up NTP on the machine.',
    runbook: 'docs/guarantees.md#clocks',
  },
]

/** The rules in the format of Prometheus. */
export const alertRules = () => ({
  groups: [
    {
      name: 'ecs-task-stream',
      rules: alerts.map(({ name, expr, for: holds, severity, summary, description, runbook }) => ({
        alert: name,
        expr,
        for: holds,
        labels: { severity },
        annotations: { summary, description, runbook },
      })),
    },
  ],
})
