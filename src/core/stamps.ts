import type { Millis } from './clock.js'

/**
 * Numbers that order the observations of one observer. They begin with the time, so that what is observed after a
 * restart is newer than what was observed before. They only rise, whatever the clock does: a clock that was hours
 * ahead for a minute must not make the observations of that minute the newest for hours.
 *
 * Two observers that share what they know stay in order too: each passes the greatest number that it has seen.
 */
export class Stamps {
  private last = 0

  /** Greater than every number before, and than `seen`; `now`, where that is greater still. */
  next(now: Millis, seen = 0): number {
    this.last = Math.max(now, this.last + 1, seen + 1)
    return this.last
  }
}
