import type { Clock, Millis } from '../../core/clock.js'

/** How far clocks may differ, either way. */
const toleranceMs: Millis = 300_000

/** As SNS writes it, such as `2012-04-25T21:49:25.719Z`; `undefined` for anything else. */
export const snsTimestamp = (text: string): Millis | undefined => {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : at
}

/**
 * What time it is at SNS, at least: the newest time that it has told. It needs no clock of this machine, so no jump of
 * that clock makes a genuine message too old.
 */
export class SnsTime {
  #newest: Millis | undefined
  #isWarned = false

  constructor(
    private readonly maxAgeMs: Millis,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Takes a time that surely comes from SNS. */
  hear(at: Millis): void {
    this.#newest = Math.max(this.#newest ?? at, at)
  }

  /** Whether SNS would no longer send a message of that time. Before SNS has told any time, the machine's clock says. */
  isTooOld(at: Millis): boolean {
    return (this.#newest ?? this.clock.now()) - at > this.maxAgeMs + toleranceMs
  }

  /** What to say of the machine's clock, once, when a genuine message of that time comes. */
  warning(at: Millis): string | undefined {
    const now = this.clock.now()
    const isOff = at - now > toleranceMs || now - at > this.maxAgeMs + toleranceMs
    const isNew = isOff && !this.#isWarned
    this.#isWarned = isOff
    return isNew
      ? 'the clock of this machine is wrong by more than five minutes, by the time that SNS tells: set it'
      : undefined
  }
}
