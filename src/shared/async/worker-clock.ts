import type { Clock, Millis } from '../../core/clock.js'
import { systemClock } from './system-clock.js'

/**
 * The clock of what serves before a worker follows it: the given one; without one, the worker's, and the machine's until
 * there is a worker.
 */
export class WorkerClock implements Clock {
  #current: Clock

  constructor(private readonly given: Clock | undefined) {
    this.#current = given ?? systemClock
  }

  /** The clock that it stands for now. */
  get current(): Clock {
    return this.#current
  }

  /** A worker with this clock follows. */
  follow(clock: Clock): void {
    this.#current = this.given ?? clock
  }

  now(): Millis {
    return this.#current.now()
  }

  sleep(ms: Millis, signal: AbortSignal): Promise<void> {
    return this.#current.sleep(ms, signal)
  }
}
