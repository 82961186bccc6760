import { type DestinationStream, type Logger, pino } from 'pino'
import type { Observable, Subscription } from 'rxjs'
import type { Clock } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import { printableLines } from '../../shared/codec/printable.js'
import { type Level, logLines } from './log-line.js'
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

/**
 * Logs what a worker reports: debug for routine work, info for changes, warn for what a person should look at, error
 * for failures, with the next step. Equal failures are logged at growing intervals, with the number of suppressed lines.
 * Message bodies are never logged.
 */
export const logReports = (
  reports$: Observable<Report>,
  logger: Logger,
  clock: Pick<Clock, 'now'>,
  options: RepeatGateOptions = {},
): Subscription => {
  const gate = new RepeatGate(() => clock.now(), options)
  let unresolved = '{}'
  return reports$.subscribe((report) => {
    for (const line of logLines(report)) {
      const { level, message, fields, repeats } = line
      if (report._tag === 'Unresolved') {
        const summary = JSON.stringify(fields['reasons'])
        if (summary === unresolved) continue
        unresolved = summary
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
