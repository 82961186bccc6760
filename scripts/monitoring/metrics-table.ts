import { type Metric, metricList } from '../../src/worker/observability/metric-list.js'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const code = (text: string): string => `\`${text}\``

const cellsOf = ({ name, type, labels, help }: Metric): readonly string[] => [
  code(name),
  type,
  labels.map(code).join(', '),
  help,
]

/** The table of all metrics, in Markdown. */
export const metricsTable = (): string =>
  [
    row(['metric', 'type', 'labels', 'meaning']),
    row(['---', '---', '---', '---']),
    ...Object.values<Metric>(metricList).map((metric) => row(cellsOf(metric))),
  ].join('\n')

const begin = '<!-- The list of metrics: `npm run monitoring` writes it. -->'
const end = '<!-- The end of the list of metrics. -->'

/** The page with the table of today between its two marks. */
export const withMetricsTable = (page: string): string => {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error('the page has no marks between which the metrics stand')
  return `${before}${begin}\n\n${metricsTable()}\n\n${end}${after}`
}
