import type { Millis } from '../../core/clock.js'

/** How many of something there were in the last minute, by seconds: sixty numbers, however many there are. */
export class RecentCount {
  readonly #seconds = new Map<number, number>()

  add(count: number, now: Millis): void {
    const second = Math.floor(now / 1_000)
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + count)
    this.#forget(second)
  }

  lastMinute(now: Millis): number {
    this.#forget(Math.floor(now / 1_000))
    return [...this.#seconds.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Also what is later, after the clock was set back. */
  #forget(now: number): void {
    for (const second of this.#seconds.keys()) if (Math.abs(now - second) >= 60) this.#seconds.delete(second)
  }
}
