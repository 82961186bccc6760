import { prng, type Random } from '../prng.js'

/** The faults of a transport. All are off by default: each event is delivered once, in order, immediately. */
export interface DeliveryFaults {
  /** The same seed and the same events give the same arrivals. */
  readonly seed: number
  /** Probability that an event is lost. */
  readonly lose?: number
  /** Probability that an event is duplicated; applied again to each copy, so it must be below 1. */
  readonly duplicate?: number
  /**
   * Each copy is delayed by a random part of this, so events less than this apart may change places. In the unit of
   * `now`: milliseconds in a stream, positions in a list.
   */
  readonly delay?: number
}

interface Arrival<E> {
  readonly due: number
  readonly event: E
}

/** A simulated transport: `push` sends, `take` receives. It holds only undelivered events. */
export class FaultyDelivery<E> {
  readonly #faults: Required<DeliveryFaults>
  readonly #random: Random
  /** Sorted by due time, and by order of sending for equal times. */
  readonly #underWay: Arrival<E>[] = []

  constructor(faults: DeliveryFaults) {
    this.#faults = { lose: 0, duplicate: 0, delay: 0, ...faults }
    if (this.#faults.duplicate >= 1) throw new RangeError('duplicate must be below 1')
    this.#random = prng(faults.seed)
  }

  /** The number of undelivered copies. */
  get underWay(): number {
    return this.#underWay.length
  }

  /** Sends an event at the time `now`, which must not decrease. */
  push(event: E, now: number): void {
    if (this.#random.chance(this.#faults.lose)) return
    do this.#schedule({ due: now + this.#random.next() * this.#faults.delay, event })
    while (this.#random.chance(this.#faults.duplicate))
  }

  /** Removes and returns what has arrived by `now`; `Infinity` takes everything. */
  take(now: number): readonly E[] {
    const waiting = this.#underWay.findIndex(({ due }) => due > now)
    const arrived = this.#underWay.splice(0, waiting === -1 ? this.#underWay.length : waiting)
    return arrived.map(({ event }) => event)
  }

  /** Searches from the end, where a new copy nearly always belongs. */
  #schedule(arrival: Arrival<E>): void {
    let place = this.#underWay.length
    while (place > 0 && this.#underWay[place - 1]!.due > arrival.due) place--
    this.#underWay.splice(place, 0, arrival)
  }
}

/** The delivered events of a list, in order of arrival. Does not change the list. */
export const deliver = <E>(events: readonly E[], faults: DeliveryFaults): readonly E[] => {
  const delivery = new FaultyDelivery<E>(faults)
  events.forEach((event, place) => delivery.push(event, place))
  return delivery.take(Infinity)
}
