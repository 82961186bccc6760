import type { Logger } from 'pino'
import type { Observable } from 'rxjs'
import type { Clock } from '../../core/clock.js'
import { RepeatGate } from '../observability/repeat-gate.js'
import type { Stray } from './stray.js'

/** The maximum length of a logged text, in characters. */
const longest = 4_000

const brief = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/**
 * Logs what is printed outside the log, one line each: `fatal` as an error, the rest as warnings. Equal ones are logged
 * at growing intervals, with the number of suppressed lines.
 */
export const logStrays = (
  strays$: Observable<Stray> | undefined,
  logger: Pick<Logger, 'warn' | 'error'>,
  clock: Pick<Clock, 'now'>,
): void => {
  const gate = new RepeatGate(() => clock.now())
  strays$?.subscribe(({ origin, text, name }) => {
    const heldBack = gate.pass(text.slice(0, longest))
    if (heldBack === undefined) return
    const fields = { origin, name, text: brief(text), ...(heldBack === 0 ? {} : { heldBack }) }
    if (origin === 'fatal') logger.error(fields, 'uncaught error: the process ends')
    else logger.warn(fields, 'printed outside the log')
  })
}
