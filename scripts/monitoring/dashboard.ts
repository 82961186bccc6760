import { metricList, metricName } from '../../src/worker/observability/metric-list.js'

const of = (key: keyof typeof metricList): string => metricName(metricList[key])

interface Query {
  readonly expr: string
  readonly legend: string
}

interface Panel {
  readonly title: string
  /** For people who see it for the first time. */
  readonly description: string
  readonly kind: 'timeseries' | 'stat' | 'table'
  /** In Grafana's notation. */
  readonly unit: string
  /** Of 24 columns. */
  readonly width: number
  readonly queries: readonly Query[]
}

interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

const selected = '{job=~"$job", instance=~"$instance"}'
const window = '$__rate_interval'

const rate = (key: keyof typeof metricList, by: string, selector = selected): string =>
  `sum by (${by}) (rate(${of(key)}${selector}[${window}]))`

/** Over five minutes, as Kubernetes defines the latency of its network programming. */
const lag = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (sink, le) (rate(${of('lag')}_bucket${selected}[5m])))`

const rows: readonly Row[] = [
  {
    title: 'Now',
    panels: [
      {
        title: 'Workers',
        description: 'The workers that are scraped, with their versions.',
        kind: 'table',
        unit: 'none',
        width: 9,
        queries: [{ expr: `${of('buildInfo')}${selected}`, legend: '{{worker}} {{version}}' }],
      },
      {
        title: 'Ready',
        description: '1 once every required sink has reached a complete state.',
        kind: 'stat',
        unit: 'none',
        width: 3,
        queries: [{ expr: `min(${of('ready')}${selected})`, legend: 'ready' }],
      },
      {
        title: 'Lag, p99',
        description: 'From the time of an event until its target was written, over the last five minutes.',
        kind: 'stat',
        unit: 's',
        width: 3,
        queries: [{ expr: `max(${lag(0.99)})`, legend: 'p99' }],
      },
      {
        title: 'Oldest snapshot',
        description: 'How long ago the newest snapshot of a cluster began; that of the worst cluster.',
        kind: 'stat',
        unit: 's',
        width: 3,
        queries: [{ expr: `max(time() - ${of('snapshotTime')}${selected})`, legend: 'age' }],
      },
      {
        title: 'Unsettled deliveries',
        description: 'Deliveries that are folded and not yet acknowledged.',
        kind: 'stat',
        unit: 'none',
        width: 3,
        queries: [{ expr: `sum(${of('unsettled')}${selected})`, legend: 'unsettled' }],
      },
      {
        title: 'Tasks that are not offered',
        description: 'Live tasks that are missing from their backends, or only partly in them.',
        kind: 'stat',
        unit: 'none',
        width: 3,
        queries: [{ expr: `sum(${of('unresolved')}${selected})`, legend: 'tasks' }],
      },
    ],
  },
  {
    title: 'From an event to its target',
    panels: [
      {
        title: 'Lag',
        description:
          'From the time at which ECS says that something happened until the target that it changes was written.',
        kind: 'timeseries',
        unit: 's',
        width: 12,
        queries: [0.5, 0.9, 0.99].map((quantile) => ({
          expr: lag(quantile),
          legend: `{{sink}} p${quantile * 100}`,
        })),
      },
      {
        title: 'Behind',
        description: 'Deliveries that a sink has yet to bring to its target.',
        kind: 'timeseries',
        unit: 'none',
        width: 12,
        queries: [
          {
            expr: `${of('revision')}${selected} - on (job, instance) group_right () ${of('cursor')}${selected}`,
            legend: '{{instance}} {{sink}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Targets',
    panels: [
      {
        title: 'Writes',
        description: 'Changes applied a second.',
        kind: 'timeseries',
        unit: 'wps',
        width: 8,
        queries: [{ expr: rate('writes', 'sink, kind'), legend: '{{sink}} {{kind}}' }],
      },
      {
        title: 'Trouble',
        description: 'Failed calls, lost races with other writers, and refused changes, a second.',
        kind: 'timeseries',
        unit: 'ops',
        width: 8,
        queries: [
          { expr: rate('sinkFailures', 'sink, operation'), legend: '{{sink}} {{operation}} failed' },
          { expr: rate('conflicts', 'sink'), legend: '{{sink}} conflicts' },
          { expr: rate('rejects', 'sink'), legend: '{{sink}} rejected' },
        ],
      },
      {
        title: 'Skipped changes',
        description: 'What the last plan did not change, and why.',
        kind: 'timeseries',
        unit: 'none',
        width: 8,
        queries: [
          { expr: `max by (sink, reason) (${of('skipped')}${selected})`, legend: '{{sink}} {{reason}}' },
          { expr: `max by (sink) (${of('sinkWarnings')}${selected})`, legend: '{{sink}} warnings' },
        ],
      },
    ],
  },
  {
    title: 'Sources',
    panels: [
      {
        title: 'Events',
        description: 'Events received a second, by outcome.',
        kind: 'timeseries',
        unit: 'ops',
        width: 8,
        queries: [{ expr: rate('events', 'source, outcome'), legend: '{{source}} {{outcome}}' }],
      },
      {
        title: 'Deliveries',
        description: 'Folded, acknowledged, and those that are neither.',
        kind: 'timeseries',
        unit: 'none',
        width: 8,
        queries: [
          { expr: rate('deliveries', 'source'), legend: '{{source}} folded a second' },
          { expr: `sum(rate(${of('acknowledged')}${selected}[${window}]))`, legend: 'acknowledged a second' },
          { expr: `sum(${of('unsettled')}${selected})`, legend: 'unsettled' },
        ],
      },
      {
        title: 'Failed calls',
        description: 'Of sources, lookups and the journal, a second.',
        kind: 'timeseries',
        unit: 'ops',
        width: 8,
        queries: [
          { expr: rate('sourceFailures', 'source, operation'), legend: '{{source}} {{operation}}' },
          { expr: rate('journalFailures', 'operation'), legend: 'journal {{operation}}' },
        ],
      },
      {
        title: 'Age of the newest snapshot',
        description:
          'By cluster. It rises until the next snapshot. How long one took, and when the next is due.',
        kind: 'timeseries',
        unit: 's',
        width: 8,
        queries: [
          {
            expr: `time() - max by (cluster) (${of('snapshotTime')}${selected})`,
            legend: '{{cluster}}',
          },
          { expr: `max by (cluster) (${of('snapshotDuration')}${selected})`, legend: '{{cluster}} took' },
          {
            expr: `min by (cluster) (${of('snapshotDue')}${selected}) - time()`,
            legend: '{{cluster}} is due in',
          },
        ],
      },
      {
        title: 'Tasks in the newest snapshot',
        description: 'By cluster.',
        kind: 'timeseries',
        unit: 'none',
        width: 8,
        queries: [{ expr: `max by (cluster) (${of('snapshotTasks')}${selected})`, legend: '{{cluster}}' }],
      },
      {
        title: 'Calls of AWS',
        description: 'Of snapshots and lookups, a second.',
        kind: 'timeseries',
        unit: 'ops',
        width: 8,
        queries: [{ expr: rate('calls', 'source'), legend: '{{source}}' }],
      },
    ],
  },
  {
    title: 'Tasks',
    panels: [
      {
        title: 'Not offered, or not yet',
        description: 'Live tasks that are missing from their backends, by reason.',
        kind: 'timeseries',
        unit: 'none',
        width: 8,
        queries: [{ expr: `max by (reason) (${of('unresolved')}${selected}) > 0`, legend: '{{reason}}' }],
      },
      {
        title: 'Deployments in stages',
        description: 'Those that divide the traffic of a service now, by stage.',
        kind: 'timeseries',
        unit: 'none',
        width: 8,
        queries: [{ expr: `max by (stage) (${of('deployments')}${selected})`, legend: '{{stage}}' }],
      },
      {
        title: 'In memory',
        description: 'Tasks, stopped ones included, and those that were forgotten, a second.',
        kind: 'timeseries',
        unit: 'none',
        width: 8,
        queries: [
          { expr: `${of('tasks')}${selected}`, legend: '{{instance}}' },
          { expr: `sum(rate(${of('swept')}${selected}[${window}]))`, legend: 'forgotten a second' },
        ],
      },
    ],
  },
]

const source = { type: 'prometheus', uid: '${datasource}' }

const height = 8

const optionsOf = ({ kind }: Panel) =>
  kind === 'timeseries'
    ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } }
    : {}

const panelOf = (panel: Panel, id: number, x: number, y: number) => ({
  id,
  type: panel.kind,
  title: panel.title,
  description: panel.description,
  datasource: source,
  gridPos: { x, y, w: panel.width, h: height },
  fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
  options: optionsOf(panel),
  targets: panel.queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource: source,
    expr,
    legendFormat: legend,
    ...(panel.kind === 'table' ? { format: 'table', instant: true } : {}),
  })),
})

/** The panels with their places: a row below the other, and the panels of a row beside each other. */
const laidOut = () => {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
      panels: [],
    })
    let x = 0
    for (const panel of row.panels) {
      if (x + panel.width > 24) {
        x = 0
        y += height
      }
      panels.push(panelOf(panel, panels.length + 1, x, y))
      x += panel.width
    }
    y += height
  }
  return panels
}

const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource: source,
  definition: query,
  query: { query, refId: name },
  refresh: 2,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { selected: true, text: ['All'], value: ['$__all'] },
})

/** Every expression of the dashboard, with Grafana's variables filled in. */
export const dashboardExpressions = (): readonly string[] =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ queries }) =>
      queries.map(({ expr }) =>
        expr.replaceAll(window, '5m').replaceAll('$job', '.*').replaceAll('$instance', '.*'),
      ),
    ),
  )

/** A dashboard for Grafana 10 and later: import it, or provision it. */
export const dashboard = () => ({
  uid: 'ecs-task-stream',
  title: 'ecs-task-stream',
  description: 'From ECS task events to targets: lag, targets, sources, tasks.',
  tags: ['ecs', 'ecs-task-stream'],
  schemaVersion: 39,
  editable: true,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  timezone: 'browser',
  templating: {
    list: [
      { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
      variable('job', 'Job', `label_values(${of('buildInfo')}, job)`),
      variable('instance', 'Instance', `label_values(${of('buildInfo')}{job=~"$job"}, instance)`),
    ],
  },
  annotations: { list: [] },
  panels: laidOut(),
})
