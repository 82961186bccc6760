import { FaultyDelivery } from '../../sim/faults/delivery-faults.js'

export const faultNames = ['drop', 'double', 'delay', 'reorder'] as const

/** What may happen to an event on its way. */
export type Fault = (typeof faultNames)[number]

/** Which of them happen. */
export type Faults = Readonly<Record<Fault, boolean>>

/** How bad each is: a share of the events, or a time. */
export interface FaultStrengths {
  readonly dropped: number
  readonly doubled: number
  readonly delayedMs: number
  readonly reorderedMs: number
}

/** Far worse than EventBridge and SQS, so that there is something to see. */
const strongFaults: FaultStrengths = { dropped: 0.1, doubled: 0.2, delayedMs: 3_000, reorderedMs: 2_000 }

/** Those that a simulation begins with. */
export const usualFaults: Faults = { drop: true, double: true, delay: false, reorder: true }

/** Carries events, with faults that can be changed at any time. */
export class Transport<E> {
  readonly #seed: number
  readonly #strengths: FaultStrengths
  /** Those before the last only deliver what they have. */
  #deliveries: readonly FaultyDelivery<E>[]
  #faults: Faults

  constructor(seed: number, faults: Faults = usualFaults, strengths: FaultStrengths = strongFaults) {
    this.#seed = seed
    this.#strengths = strengths
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

  toggle(fault: Fault): void {
    this.faults = { ...this.#faults, [fault]: !this.#faults[fault] }
  }

  get underWay(): number {
    return this.#deliveries.reduce((sum, { underWay }) => sum + underWay, 0)
  }

  send(event: E, now: number): void {
    this.#deliveries.at(-1)?.push(event, this.#faults.delay ? now + this.#strengths.delayedMs : now)
  }

  arrived(now: number): readonly E[] {
    return this.#deliveries.flatMap((delivery) => delivery.take(now))
  }

  #made(number: number): FaultyDelivery<E> {
    const { drop, double, reorder } = this.#faults
    return new FaultyDelivery<E>({
      seed: this.#seed + number,
      lose: drop ? this.#strengths.dropped : 0,
      duplicate: double ? this.#strengths.doubled : 0,
      delay: reorder ? this.#strengths.reorderedMs : 0,
    })
  }
}
