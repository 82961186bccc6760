import type { Millis } from './clock.js'

/**
 * Numbers that order the observations of one observer. They start with the time, so that observations after a restart
 * are newer than those before it. They always increase, whatever the clock does: a clock that is hours ahead for a
 * minute must not make the observations of that minute the newest for hours.
 *
 * Two observers that share their knowledge stay in order, too, if each passes the greatest number that it has seen.
 */
export class Stamps {
  private last = 0

  /** A number greater than all previous ones and `seen`; at least `now`. */
  next(now: Millis, seen = 0): number {
    this.last = Math.max(now, this.last + 1, seen + 1)
    return this.last
  }
}
