import { type Aim, type AimName, aims, type Unit } from './aims.js'
import type { Finding } from './finding.js'
import { spread, spreadOf } from './spread.js'
import { heading } from './stopwatch.js'

const formats: Readonly<Record<Unit, (value: number) => string>> = {
  ms: (value) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`,
  '×': (value) => `${value.toFixed(2)} ×`,
  bytes: (value) => `${Math.round(value).toLocaleString('en')} B`,
  's of CPU': (value) => `${value.toFixed(2)} s`,
  calls: (value) => value.toFixed(4),
  'bytes per 1,000 events': (value) => `${Math.round(value).toLocaleString('en')} B/1,000`,
}

/** The median decides. Rounds on the other side of the aim are mentioned. */
const verdict = (values: readonly number[], most: number): string => {
  const { median, least, greatest, rounds } = spreadOf(values)
  const others = rounds === 1 ? ', one round only' : rounds < 5 ? `, ${rounds} rounds only` : ''
  if (median <= most) return `reached${greatest > most ? ', but not in every round' : ''}${others}`
  return `MISSED${least <= most ? ', but not in every round' : ''}${others}`
}

const line = (
  { bench, row, unit, most }: Aim,
  found: Finding | undefined,
  isQuick: boolean,
): readonly string[] => {
  const format = formats[unit]
  const aim = `≤ ${format(most)}`
  switch (found?._tag) {
    case undefined:
      return [row, aim, '', `not measured in this run (${bench})`]
    case 'Skipped':
      return [row, aim, '', `skipped: ${found.why}`]
    case 'Measured':
      return [row, aim, spread(found.values, format), isQuick ? 'quick' : verdict(found.values, most)]
  }
}

/** One table with every aim: what was measured, and whether the aim is reached. A quick run decides nothing. */
export const printSummary = (findings: readonly Finding[], isQuick: boolean): void => {
  const byAim = new Map(findings.map((finding) => [finding.aim, finding]))
  const names = Object.keys(aims) as AimName[]
  const lines = [
    ['', 'aim', 'median (least – greatest)', ''],
    ...names.map((name) => line(aims[name], byAim.get(name), isQuick)),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  heading('Summary')
  for (const cells of lines)
    console.log(`  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
