import type { Clock, Millis } from '../../src/core/clock.js'
import { prng, type Random } from '../../sim/prng.js'
import type { Timeline } from './timeline.js'

/** A clock that is wrong. */
export interface WrongClock {
  /** How far it is ahead at the start. */
  readonly aheadMs: Millis
  /** How much faster it runs: 1.0001 is 8.6 s a day. */
  readonly rate: number
}

/** Half of the clocks are right. */
export const wrongClock = (random: Random): WrongClock =>
  random.chance(0.5)
    ? { aheadMs: 0, rate: 1 }
    : { aheadMs: (random.next() - 0.5) * 20_000, rate: 1 + (random.next() - 0.5) * 2e-4 }

/**
 * A process of a worker: its clock, its randomness, and whether it is alive. Nothing that a dead process waits for ever
 * happens: its sleeps do not end, and its calls get no answers. So it stops in the middle of whatever it did.
 */
export class SimulatedProcess {
  readonly random: Random
  readonly clock: Clock
  /** By the timeline. */
  readonly startedAt: Millis
  /** When its worker has last planned a change. */
  plannedAt: Millis = 0
  /** Whether it then left something alone because it did not know all yet. */
  knewLess = false
  /** Whether it was asked to stop: it then leaves what it is told to others. */
  isStopping = false
  #isAlive = true
  #jumped: Millis = 0
  /** After so many further moments of the network it is killed. */
  #fuse: number | undefined

  constructor(
    readonly name: string,
    private readonly timeline: Timeline,
    { seed, wrong, died }: { readonly seed: number; readonly wrong: WrongClock; readonly died: () => void },
  ) {
    this.random = prng(seed)
    this.#died = died
    const { now: startedAt } = timeline
    this.startedAt = startedAt
    this.clock = {
      now: () =>
        Math.round(startedAt + (timeline.now - startedAt) * wrong.rate + wrong.aheadMs + this.#jumped),
      sleep: (ms, signal) => this.#sleep(ms / wrong.rate, signal),
    }
  }

  readonly #died: () => void

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Somebody sets the clock. Sleeps are measured by another one, as in Node. */
  jump(ms: Millis): void {
    this.#jumped += ms
  }

  /** Kills it at the `n`-th further moment at which a request or an answer is under way. */
  light(n: number): void {
    this.#fuse = n
  }

  /** Called at such moments. Returns whether it is still alive. */
  moment(): boolean {
    if (this.#fuse !== undefined && this.#fuse-- <= 0) this.kill()
    return this.#isAlive
  }

  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#died()
  }

  /** It has ended by itself. */
  exit(): void {
    this.#isAlive = false
  }

  #sleep(ms: Millis, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const wake = (): void => {
        signal.removeEventListener('abort', abort)
        if (this.#isAlive) resolve()
      }
      const timer = this.timeline.after(ms, wake)
      const abort = (): void => {
        this.timeline.cancel(timer)
        wake()
      }
      signal.addEventListener('abort', abort)
    })
  }
}
