import type { Clock, Millis } from '../../core/clock.js'

/** How far clocks may differ, in either direction. */
const toleranceMs: Millis = 300_000

/** Parses a time in SNS's format, such as `2012-04-25T21:49:25.719Z`; `undefined` for anything else. */
export const snsTimestamp = (text: string): Millis | undefined => {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : at
}

/**
 * SNS's time, at least: the newest time seen in its messages and responses. It does not depend on this machine's clock,
 * so a clock jump does not make genuine messages too old.
 */
export class SnsTime {
  #newest: Millis | undefined
  #isWarned = false

  constructor(
    private readonly maxAgeMs: Millis,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Takes a time that is known to come from SNS. */
  hear(at: Millis): void {
    this.#newest = Math.max(this.#newest ?? at, at)
  }

  /**
   * Whether a message is too old for SNS to still send it. Until a time of SNS is known, the machine's clock is used.
   */
  isTooOld(at: Millis): boolean {
    return (this.#newest ?? this.clock.now()) - at > this.maxAgeMs + toleranceMs
  }

  /** A warning about the machine's clock, once, given the time of a genuine message. */
  warning(at: Millis): string | undefined {
    const now = this.clock.now()
    const isOff = at - now > toleranceMs || now - at > this.maxAgeMs + toleranceMs
    const isNew = isOff && !this.#isWarned
    this.#isWarned = isOff
    return isNew ? "this machine's clock differs from SNS's by more than five minutes: set it" : undefined
  }
}
