import { FaultyDelivery } from '../../sim/faults/delivery-faults.js'

/** What may happen to events on their way. */
export interface Faults {
  readonly drop: boolean
  readonly double: boolean
  readonly delay: boolean
  readonly reorder: boolean
}

export type Fault = keyof Faults

/** Those that a simulation begins with. */
export const usualFaults: Faults = { drop: true, double: true, delay: false, reorder: true }

/** Far worse than EventBridge and SQS, so that there is something to see. */
const dropped = 0.1
const doubled = 0.2
const delayedMs = 3_000
const reorderedMs = 2_000

/** Carries events, with faults that can be changed at any time. */
export class Transport<E> {
  readonly #seed: number
  /** Those before the last only deliver what they have. */
  #deliveries: readonly FaultyDelivery<E>[]
  #faults: Faults

  constructor(seed: number, faults: Faults) {
    this.#seed = seed
    this.#faults = faults
    this.#deliveries = [this.#made(0)]
  }

  get faults(): Faults {
    return this.#faults
  }

  set faults(faults: Faults) {
    this.#faults = faults
    const left = this.#deliveries.filter(({ underWay }) => underWay > 0)
    this.#deliveries = [...left, this.#made(this.#deliveries.length)]
  }

  get underWay(): number {
    return this.#deliveries.reduce((sum, { underWay }) => sum + underWay, 0)
  }

  send(event: E, now: number): void {
    this.#deliveries.at(-1)?.push(event, this.#faults.delay ? now + delayedMs : now)
  }

  arrived(now: number): readonly E[] {
    return this.#deliveries.flatMap((delivery) => delivery.take(now))
  }

  #made(number: number): FaultyDelivery<E> {
    const { drop, double, reorder } = this.#faults
    return new FaultyDelivery<E>({
      seed: this.#seed + number,
      lose: drop ? dropped : 0,
      duplicate: double ? doubled : 0,
      delay: reorder ? reorderedMs : 0,
    })
  }
}
