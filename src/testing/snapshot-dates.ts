import type { Millis } from '../core/clock.js'
import { Stamps } from '../core/stamps.js'

/**
 * Which clock dates snapshots. `aws`: as in `ecsSnapshots`, AWS's time from responses, but no later than the worker's
 * own clock, ordered by stamps. `own`: only the worker's clock, which is wrong.
 */
export type SnapshotClock = 'aws' | 'own'

/** When a snapshot starts, as the worker dates it. */
export interface SnapshotDate {
  readonly at: Millis
  readonly order: number
}

const minute: Millis = 60_000
const hour: Millis = 60 * minute
const day: Millis = 24 * hour

/** How far a worker's clock may be ahead; usually it is right. */
const aheads: readonly Millis[] = [
  0,
  2 * minute,
  -2 * minute,
  10 * minute,
  -10 * minute,
  0,
  6 * hour,
  -6 * hour,
  0,
  3 * day,
  -3 * day,
  0,
]

/** Dates what a worker asks, by a clock that jumps. */
export class SnapshotDates {
  readonly #stamps = new Stamps()
  /** How far the worker's clock is ahead. */
  #ahead: Millis = 0

  constructor(private readonly clock: SnapshotClock) {}

  /** The worker's clock jumps. */
  jump(pick: number): void {
    this.#ahead = aheads[pick % aheads.length] ?? 0
  }

  /** The worker's clock is right again. */
  correct(): void {
    this.#ahead = 0
  }

  /** @param now True time. */
  next(now: Millis): SnapshotDate {
    const own = now + this.#ahead
    if (this.clock === 'own') return { at: own, order: own }
    // The `Date` header has a resolution of a second.
    const at = Math.min(Math.floor(now / 1000) * 1000, own)
    return { at, order: this.#stamps.next(at) }
  }
}
