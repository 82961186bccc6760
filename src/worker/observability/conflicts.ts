import type { Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { Owner } from '../../core/sink.js'
import { type LogLine, logLines } from './log-line.js'

type Conflicted = Extract<Report, { readonly _tag: 'Conflicted' }>

/** A few may be chance. */
const worthAWarning = 5

/** Conflicts further apart than this are no dispute. */
const withinMs: Millis = 600_000

/** The number of records that are remembered. */
const remembers = 500

/** Tells conflicts that pass from a dispute about one record with another writer. */
export class Conflicts {
  private readonly times = new Map<string, readonly Millis[]>()

  /** `owner`: ours. Workers that share it are replicas, whose conflicts are expected. */
  constructor(
    private readonly now: () => Millis,
    private readonly owner: Owner | undefined,
  ) {}

  lines(report: Conflicted): readonly LogLine[] {
    const { sink, key, writer } = report
    if (writer !== undefined && writer === this.owner) return logLines(report)
    const record = JSON.stringify([sink, key])
    const now = this.now()
    const times = [...(this.times.get(record) ?? []).filter((at) => now - at < withinMs), now]
    // Deleted first, so that the map keeps the order of the latest conflicts.
    this.times.delete(record)
    this.times.set(record, times.slice(-worthAWarning))
    const [oldest] = this.times.keys()
    if (this.times.size > remembers && oldest !== undefined) this.times.delete(oldest)
    if (times.length < worthAWarning) return logLines(report)
    return [
      {
        level: 'warn',
        message:
          'another writer keeps changing a record of ours: stop one of the two, or give them different owners',
        fields: { sink, key, writer: writer ?? 'unknown: the record names no owner' },
        repeats: record,
      },
    ]
  }
}
