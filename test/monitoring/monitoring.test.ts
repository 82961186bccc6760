import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertTests, unmatchedCases } from '../../scripts/monitoring/alert-cases.js'
import { alerts } from '../../scripts/monitoring/alerts.js'
import { dashboard, dashboardExpressions } from '../../scripts/monitoring/dashboard.js'
import { monitoringFiles } from '../../scripts/monitoring/files.js'
import { type Metric, metricList, metricName } from '../../src/worker/observability/metric-list.js'
import { anchorsOf, page, root } from '../docs/pages.js'

const metrics: readonly Metric[] = Object.values(metricList)

/** The names under which Prometheus keeps a metric. */
const seriesOf = (metric: Metric): readonly string[] =>
  metric.type === 'histogram'
    ? ['_bucket', '_sum', '_count'].map((suffix) => `${metricName(metric)}${suffix}`)
    : [metricName(metric)]

const known = new Set(metrics.flatMap(seriesOf))

/** The names in an expression that are none of the list. What looks like a name and is followed by `(` is a function. */
const strangersIn = (expression: string): readonly string[] =>
  [
    ...expression
      .replace(/"[^"]*"/g, '""')
      .replace(/\[[^\]]*\]/g, '')
      .replace(/\{[^}]*\}/g, '')
      .replace(/\b(?:by|on|group_right|group_left|without)\s*\([^)]*\)/g, '')
      .matchAll(/\b([a-zA-Z_:][\w:]*)\b(?!\s*\()/g),
  ].flatMap(([, name = '']) => (known.has(name) || ['and', 'or', 'unless'].includes(name) ? [] : [name]))

/** The labels by which an expression selects, with the metric. */
const selectedIn = (expression: string): readonly (readonly [metric: string, label: string])[] =>
  [...expression.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => [metric, label] as const),
  )

const byPrometheus = ['job', 'instance', 'le']

const labelStrangers = (expression: string): readonly string[] =>
  selectedIn(expression).flatMap(([name, label]) => {
    const metric = metrics.find((each) => seriesOf(each).includes(name))
    return [...byPrometheus, ...(metric?.labels ?? [])].includes(label) ? [] : [`${name}{${label}}`]
  })

describe('what is generated from the list of metrics', () => {
  it('is current: `npm run monitoring` writes it', async () => {
    for (const [path, text] of await monitoringFiles())
      expect([path, readFileSync(join(root, path), 'utf8')]).toEqual([path, text])
  })
})

describe('the list of metrics', () => {
  it.each(metrics)('names $name as Prometheus asks, with its unit', ({ name, type, unit, help }) => {
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(unit === 'seconds').toBe(/_seconds(?:_total)?$/.test(name))
    expect(help.length).toBeLessThanOrEqual(120)
    expect(help).toMatch(/^[A-Z1].*\.$/)
  })

  it('is all in the dashboard or the alerts, but for what the log says better', () => {
    const used = [...dashboardExpressions(), ...alerts.map(({ expr }) => expr)].join('\n')
    const unused = metrics
      .filter((metric) => !seriesOf(metric).some((name) => new RegExp(`\\b${name}\\b`).test(used)))
      .map(({ name }) => name)
    expect(unused).toEqual([
      'acknowledged_unheld_deliveries_total',
      'plans_total',
      'source_warnings_total',
      'unwritable_deliveries_total',
      'checkpoints_total',
    ])
  })
})

describe('the alerts', () => {
  it.each(alerts)('$name names only metrics and labels of the list', ({ expr }) => {
    expect(strangersIn(expr)).toEqual([])
    expect(labelStrangers(expr)).toEqual([])
  })

  it.each(alerts)('$name says what to do, and where more is said', ({ summary, description, runbook }) => {
    expect(summary).toMatch(/^.{10,120}\.$/)
    expect(description.length).toBeGreaterThan(40)
    const [path = '', anchor = ''] = runbook.split('#')
    expect(anchorsOf(page(path))).toContain(anchor)
  })

  it('have one name each, and a case for each in which it fires, and one in which it does not', () => {
    expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length)
    expect(unmatchedCases()).toEqual([])
    expect(alertTests('alerts.yaml').tests).toHaveLength(2 * alerts.length)
  })
})

interface Placed {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

const panels = dashboard().panels as readonly Placed[]

describe('the dashboard', () => {
  it.each(dashboardExpressions().map((expr) => ({ expr })))(
    'names only metrics and labels of the list: $expr',
    ({ expr }) => {
      expect(strangersIn(expr)).toEqual([])
      expect(labelStrangers(expr)).toEqual([])
    },
  )

  it('would be complained of', () => {
    expect(strangersIn('sum by (sink) (rate(ecs_task_stream_lag_total[5m])) > 3')).toEqual([
      'ecs_task_stream_lag_total',
    ])
    expect(labelStrangers('ecs_task_stream_ready{sink="a"}')).toEqual(['ecs_task_stream_ready{sink}'])
  })

  it('has panels of different ids and titles that cover nothing of each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
  })

  it('asks only the data source that is chosen', () => {
    const uids = [...JSON.stringify(dashboard()).matchAll(/"uid":"([^"]*)"/g)].map(([, uid]) => uid)
    expect(new Set(uids)).toEqual(new Set(['ecs-task-stream', '${datasource}']))
  })
})
