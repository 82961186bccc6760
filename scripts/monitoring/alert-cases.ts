import { metricList, metricName } from '../../src/worker/observability/metric-list.js'
import { alerts } from './alerts.js'

/** Series in promtool's notation, one value a minute: `0+1x30` is 0, 1, 2, … 30. */
type Series = Readonly<Record<string, string>>

/** What an alert sees. Most fire within half an hour. */
interface AlertCase {
  readonly fires: Series
  /** As near to firing as it gets. */
  readonly silent: Series
}

const at = '{job="w", instance="i"'
const of = (key: keyof typeof metricList, labels = ''): string =>
  `${metricName(metricList[key])}${at}${labels === '' ? '' : `, ${labels}`}}`

/** Observations a minute that took up to 1 s, up to 60 s. */
const lags = (fast: number, slow: number): Series => ({
  [`ecs_task_stream_lag_seconds_bucket${at}, sink="s", le="1"}`]: `0+${fast}x60`,
  [`ecs_task_stream_lag_seconds_bucket${at}, sink="s", le="60"}`]: `0+${fast + slow}x60`,
  [`ecs_task_stream_lag_seconds_bucket${at}, sink="s", le="+Inf"}`]: `0+${fast + slow}x60`,
})

/** By the name of the alert. */
const cases: Readonly<Record<string, AlertCase>> = {
  EcsTaskStreamAbsent: {
    fires: { [of('ready')]: '1x60' },
    silent: { [of('buildInfo', 'worker="w"')]: '1x60' },
  },
  EcsTaskStreamRestarts: {
    // Four processes at one address; below, two replicas, of which one was replaced.
    fires: { [of('started')]: '0x30 10x4 20x4 30x4 40x20' },
    silent: {
      'ecs_task_stream_started_timestamp_seconds{job="w", instance="a"}': '0x60',
      'ecs_task_stream_started_timestamp_seconds{job="w", instance="b"}': '0x40 stale',
      'ecs_task_stream_started_timestamp_seconds{job="w", instance="c"}': '_x40 0x20',
    },
  },
  EcsTaskStreamNotReady: { fires: { [of('ready')]: '0x60' }, silent: { [of('ready')]: '0x5 1x55' } },
  EcsTaskStreamSnapshotOld: {
    fires: { [of('snapshotTime', 'cluster="c"')]: '-900x120' },
    silent: { [of('snapshotTime', 'cluster="c"')]: '0x120' },
  },
  EcsTaskStreamLagHigh: { fires: lags(95, 5), silent: lags(199, 1) },
  EcsTaskStreamSinkBehind: {
    fires: { [of('revision')]: '0+1x60', [of('cursor', 'sink="s"')]: '0+1x20 20x40' },
    // Always one behind, but on its way.
    silent: { [of('revision')]: '1+1x60', [of('cursor', 'sink="s"')]: '0+1x60' },
  },
  EcsTaskStreamTargetFailing: {
    fires: { [of('sinkFailures', 'sink="s", operation="apply"')]: '0+1x60' },
    silent: { [of('sinkFailures', 'sink="s", operation="apply"')]: '0x40 1x20' },
  },
  EcsTaskStreamConflictsPersist: {
    fires: { [of('conflicts', 'sink="s"')]: '0+4x60' },
    silent: { [of('conflicts', 'sink="s"')]: '0+1x60' },
  },
  EcsTaskStreamChangesRejected: {
    fires: { [of('rejects', 'sink="s"')]: '0+1x60' },
    silent: { [of('rejects', 'sink="s"')]: '3x60' },
  },
  EcsTaskStreamPruneGuard: {
    fires: { [of('skipped', 'sink="s", reason="too-much"')]: '12x60' },
    silent: { [of('skipped', 'sink="s", reason="foreign"')]: '12x60' },
  },
  EcsTaskStreamUndecodable: {
    fires: { [of('events', 'source="q", outcome="undecodable"')]: '0x50 1x10' },
    silent: { [of('events', 'source="q", outcome="ignored"')]: '0+1x60' },
  },
  EcsTaskStreamUnsettled: {
    fires: { [of('unsettled')]: '3x60', [of('acknowledged')]: '5x60' },
    silent: { [of('unsettled')]: '3x60', [of('acknowledged')]: '0+1x60' },
  },
  EcsTaskStreamTasksRefused: {
    fires: { [of('unresolved', 'reason="name-taken"')]: '1x60' },
    silent: { [of('unresolved', 'reason="held"')]: '1x60' },
  },
  EcsTaskStreamTasksWaiting: {
    fires: { [of('unresolved', 'reason="task-definition"')]: '1x60' },
    silent: { [of('unresolved', 'reason="task-definition"')]: '0x40 1x20' },
  },
  EcsTaskStreamSourceFailing: {
    fires: { [of('sourceFailures', 'source="q", operation="ReceiveMessage"')]: '0+1x60' },
    silent: { [of('sourceFailures', 'source="q", operation="ReceiveMessage"')]: '0x50 0+1x10' },
  },
  EcsTaskStreamJournalFailing: {
    fires: { [of('journalFailures', 'operation="append"')]: '0+1x60' },
    silent: { [of('journalFailures', 'operation="append"')]: '0x55 0+1x5' },
  },
  EcsTaskStreamClockSkew: {
    fires: { [of('clockAhead')]: '-31x60' },
    silent: { [of('clockAhead')]: '29x60' },
  },
}

/** When each case is judged. */
const evaluatedAt = '60m'

/** The alerts without a case, and the cases without an alert. */
export const unmatchedCases = (): readonly string[] => {
  const names = alerts.map(({ name }) => name)
  return [
    ...names.filter((name) => !(name in cases)),
    ...Object.keys(cases).filter((name) => !names.includes(name)),
  ]
}

/** Tests for `promtool test rules`: without labels, only whether an alert fires is told. */
export const alertTests = (rules: string) => ({
  rule_files: [rules],
  evaluation_interval: '1m',
  tests: Object.entries(cases).flatMap(([name, { fires, silent }]) =>
    [
      { kind: 'fires', series: fires, expected: [{ labels: { alertname: name }, value: 1 }] },
      { kind: 'is silent', series: silent, expected: [] },
    ].map(({ kind, series, expected }) => ({
      name: `${name} ${kind}`,
      interval: '1m',
      input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
      promql_expr_test: [
        {
          expr: `count by (alertname) (ALERTS{alertname="${name}", alertstate="firing"})`,
          eval_time: evaluatedAt,
          exp_samples: expected.map(({ labels, value }) => ({
            labels: `{alertname="${labels.alertname}"}`,
            value,
          })),
        },
      ],
    })),
  ),
})
