import type { Random } from '../prng.js'

/** The time in a cluster: given from outside, or simulated. */
export class ClusterClock {
  #simulatedNow = Date.UTC(2026, 0, 1)

  /** `given` returns epoch milliseconds. Default: a simulated clock, which only `tick` and `elapse` advance. */
  constructor(
    private readonly given: (() => number) | undefined,
    private readonly random: Random,
  ) {}

  /** Now, in epoch milliseconds. */
  now(): number {
    return this.given?.() ?? this.#simulatedNow
  }

  /** Lets less than a second pass by the simulated clock. */
  tick(): void {
    if (this.given === undefined) this.#simulatedNow += 1 + this.random.int(800)
  }

  /** Moves the simulated clock on. Throws if there is none. */
  elapse(ms: number): void {
    if (this.given !== undefined) throw new Error('the clock of this cluster is not its own')
    this.#simulatedNow += ms
  }
}
