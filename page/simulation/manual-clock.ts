import type { Clock, Millis } from '../../src/core/clock.js'

interface Sleeper {
  readonly until: Millis
  readonly wake: () => void
}

/** A clock that moves only when it is told to, so that a simulation can rest, and repeats itself. */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>()
  #now: Millis

  constructor(start: Millis) {
    this.#now = start
  }

  now(): Millis {
    return this.#now
  }

  sleep(ms: Millis, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      // Lets what has arrived be handled, and no more.
      if (ms <= 0) {
        setTimeout(resolve, 0)
        return
      }
      const wake = (): void => {
        this.#sleepers.delete(sleeper)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { until: this.#now + ms, wake }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', wake)
    })
  }

  /** Who sleeps again within `ms` wakes at the next call. */
  advance(ms: Millis): void {
    const target = this.#now + ms
    const due = [...this.#sleepers].filter(({ until }) => until <= target).sort((a, b) => a.until - b.until)
    for (const { until, wake } of due) {
      this.#now = Math.max(this.#now, until)
      wake()
    }
    this.#now = target
  }
}
