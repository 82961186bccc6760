import type { Millis } from '../../src/core/clock.js'
import type { Row } from '../../src/core/sink.js'
import { type Addresses, type memory as memorySink } from '../../src/sinks/memory.js'

type MemorySink = ReturnType<typeof memorySink>

/** So many writes are remembered. */
const mostWrites = 5_000

/** A table in memory that remembers what it held. */
export class HeldRows {
  readonly #sink: MemorySink
  readonly #now: () => Millis
  /** From each write on. */
  readonly #held: { readonly at: Millis; readonly rows: readonly Row<Addresses>[] }[] = []

  constructor(sink: MemorySink, now: () => Millis) {
    this.#sink = sink
    this.#now = now
  }

  /** The sink to run. */
  get recorded(): MemorySink {
    return {
      ...this.#sink,
      apply: async (changes, owner, signal) => {
        const outcomes = await this.#sink.apply(changes, owner, signal)
        if (this.#held.length >= mostWrites) this.#held.shift()
        this.#held.push({ at: this.#now(), rows: [...this.#sink.target.rows.values()] })
        return outcomes
      },
    }
  }

  /** What the table held at that time. */
  at(time: Millis): readonly Row<Addresses>[] {
    return this.#held.findLast((held) => held.at <= time)?.rows ?? []
  }
}
