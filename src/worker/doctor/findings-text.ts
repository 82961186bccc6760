import type { Finding } from '../../core/finding.js'
import { printable } from '../../shared/codec/printable.js'
import type { Examined } from './examine.js'

/** They differ without colour, and for a screen reader. */
const marks: Readonly<Record<Finding['result'], string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  unknown: 'unknown',
}

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`

/** A table of all findings, and a last line that sums them up. */
export const findingsText = (examined: readonly Examined[]): string => {
  const rows = examined.flatMap(({ part, findings }) =>
    findings.map(({ about, result, detail }) => [part, about, marks[result], printable(detail)] as const),
  )
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length))
  const widths = [width(0), width(1), width(2)] as const
  const lines = rows.map(
    ([part, about, mark, detail], i) =>
      `${(rows[i - 1]?.[0] === part ? '' : part).padEnd(widths[0])}  ${about.padEnd(widths[1])}  ${mark.padEnd(widths[2])}  ${detail}`,
  )
  const all = examined.flatMap(({ findings }) => findings)
  const number = (result: Finding['result']): number =>
    all.filter((finding) => finding.result === result).length
  const summary =
    number('failed') > 0
      ? `${count(number('failed'), 'failure')}: the worker would not do its work.`
      : number('warning') > 0
        ? `No failure, and ${count(number('warning'), 'warning')}.`
        : 'No failure.'
  return `${lines.join('\n')}\n\n${summary}\n`
}
