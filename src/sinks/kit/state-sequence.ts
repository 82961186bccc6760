import type { Clock } from '../../core/clock.js'

/** The clock of the year 2255. One that shows a later time is taken for this; numbers beyond 2^53 would be inexact. */
const latestOfClock = 9_000_000_000_000_000

/** Sequences are compared as texts, so all have as many digits as the greatest. */
const digits = 16

/** As it is sent: texts are ordered as the numbers are. */
export const sequenceText = (sequence: number): string => String(sequence).padStart(digits, '0')

/**
 * Numbers that rise, also from one run of a worker to the next: microseconds since the Unix epoch by the worker's clock,
 * and at least one more than every number before, whatever the clock does. The second part holds within a process, and
 * across restarts for numbers that `atLeast` was told.
 */
export class StateSequence {
  #last = 0

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** The greatest number so far. */
  get last(): number {
    return this.#last
  }

  next(): number {
    const now = Math.floor(Math.max(0, this.clock.now()) * 1000)
    this.#last = Math.max(this.#last + 1, Math.min(now, latestOfClock))
    return this.#last
  }

  /** Every later number is greater than this one. */
  atLeast(sequence: number): void {
    this.#last = Math.max(this.#last, sequence)
  }
}
