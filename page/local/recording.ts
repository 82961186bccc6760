import type { ClusterArn } from '../../src/core/arn.js'
import type { Millis } from '../../src/core/clock.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'

/** One delivery, as it was received. */
export interface Received {
  readonly at: Millis
  readonly source: string | undefined
  readonly events: readonly ClusterEvent[]
}

/** What a worker knows at one moment. */
export interface KnownThen {
  readonly state: ClusterState
  /** How many deliveries it follows from. */
  readonly revision: number
}

/** From one kept state to the next, in deliveries: what going to any moment folds at most. */
const between = 32

/**
 * Deliveries in the order of their receipt, and the state at any moment. States share what they have in common, so that
 * keeping one in so many costs little.
 */
export class Recording {
  readonly #entries: Received[] = []
  /** After 0, `between`, 2 · `between`, … deliveries. */
  readonly #kept: ClusterState[] = [emptyState]
  readonly #covers = new Set<ClusterArn>()
  #last: KnownThen = { state: emptyState, revision: 0 }

  /** Adds a delivery. One that is older than the last counts as received with it. */
  add(received: Received): void {
    const at = Math.max(received.at, this.to ?? received.at)
    this.#entries.push({ ...received, at })
    for (const event of received.events) if (event._tag === 'TasksListed') this.#covers.add(event.cluster)
    this.#last = { state: received.events.reduce(reduce, this.#last.state), revision: this.#entries.length }
    if (this.#entries.length % between === 0) this.#kept.push(this.#last.state)
  }

  /** When the first delivery was received; `undefined` if there is none. */
  get from(): Millis | undefined {
    return this.#entries[0]?.at
  }

  get to(): Millis | undefined {
    return this.#entries.at(-1)?.at
  }

  get entries(): readonly Received[] {
    return this.#entries
  }

  /** The clusters of which snapshots are recorded, at whatever time: a worker's sources cover them from its start. */
  get covers(): readonly ClusterArn[] {
    return [...this.#covers]
  }

  /** What follows from every delivery up to that time, inclusive. */
  at(time: Millis): KnownThen {
    const revision = this.#countUntil(time)
    if (revision === this.#last.revision) return this.#last
    const before = Math.floor(revision / between)
    const events = this.#entries.slice(before * between, revision).flatMap((entry) => entry.events)
    return { state: events.reduce(reduce, this.#kept[before] ?? emptyState), revision }
  }

  #countUntil(time: Millis): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.at ?? Infinity) <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}
