import type { Millis } from '../../src/core/clock.js'

/** The names of ours that somebody else has taken, and until when. */
export class OccupiedNames {
  readonly #until = new Map<string, Millis>()

  constructor(private readonly now: () => Millis) {}

  take(service: string): void {
    this.#until.set(service, Infinity)
  }

  has(service: string): boolean {
    return this.#until.get(service) === Infinity
  }

  /** Whether somebody else had it at some time since. */
  had(service: string, since: Millis): boolean {
    return (this.#until.get(service) ?? -Infinity) >= since
  }

  /** Gives all back, and returns them. */
  leave(): readonly string[] {
    const left = [...this.#until.keys()].filter((service) => this.has(service))
    for (const service of left) this.#until.set(service, this.now())
    return left
  }
}
