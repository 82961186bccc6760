import { type DestinationStream, type Logger, pino } from 'pino'
import type { Observable, Subscription } from 'rxjs'
import type { Clock } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { Owner } from '../../core/sink.js'
import { printableLines } from '../../shared/codec/printable.js'
import { Conflicts } from './conflicts.js'
import { changedLine, type Level, logLines } from './log-line.js'
import { RepeatGate, type RepeatGateOptions } from './repeat-gate.js'

/** A threshold. `fatal` disables logging. */
export type LogLevel = Level | 'fatal'

export interface LoggerOptions {
  /** The worker's name, on every line. */
  readonly worker: string
  /** The lowest level that is written. */
  readonly level: LogLevel
  readonly destination: DestinationStream
}

/** Writes one JSON object per line, safe to show on a terminal: `level` by name, `time` in ISO 8601. */
export const createLogger = ({ worker, level, destination }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // JSON does not escape everything that a terminal interprets.
    { write: (line) => destination.write(printableLines(line)) },
  )

export interface LogReportsOptions extends RepeatGateOptions {
  /** The worker's owner: conflicts with its replicas are expected. Default: every conflict is with a stranger. */
  readonly owner?: Owner
}

/**
 * Logs what a worker reports: debug for routine work, info for changes, warn for what a person should look at, error
 * for failures, with the next step. Equal failures are logged at growing intervals, with the number of suppressed lines.
 * Message bodies are never logged.
 */
export const logReports = (
  reports$: Observable<Report>,
  logger: Logger,
  clock: Pick<Clock, 'now'>,
  options: LogReportsOptions = {},
): Subscription => {
  const gate = new RepeatGate(() => clock.now(), options)
  let unresolved = '{}'
  let wasWarned = false
  let applied: Extract<Report, { readonly _tag: 'Applied' }>[] = []
  const conflicts = new Conflicts(() => clock.now(), options.owner)
  const flush = (): void => {
    const lines = changedLine(applied)
    applied = []
    for (const { level, message, fields } of lines) logger[level](fields, message)
  }
  return reports$.subscribe((report) => {
    if (report._tag !== 'Applied' || report.sink !== applied.at(-1)?.sink) flush()
    if (report._tag === 'Applied') {
      applied.push(report)
      // All changes of one call are reported at once.
      if (applied.length === 1) queueMicrotask(flush)
      return
    }
    for (const line of report._tag === 'Conflicted' ? conflicts.lines(report) : logLines(report)) {
      const { level, message, fields, repeats } = line
      if (report._tag === 'Unresolved') {
        const summary = JSON.stringify(fields['reasons'])
        if (summary === unresolved) continue
        unresolved = summary
        // The end of something that nobody was told of is no news, either.
        const isOver = fields['tasks'] === 0 && wasWarned
        wasWarned = level === 'warn'
        logger[isOver ? 'info' : level](fields, message)
        continue
      }
      if (repeats === undefined) {
        logger[level](fields, message)
        continue
      }
      const part = fields['source'] ?? fields['sink']
      const heldBack = gate.pass(JSON.stringify([part, message, repeats]))
      if (heldBack === undefined) continue
      logger[level](heldBack === 0 ? fields : { ...fields, heldBack }, message)
    }
  })
}
