import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import type { Subscriber } from 'rxjs'
import type { ClusterEvent } from '../../core/event.js'
import type { Delivery, Notice } from '../../core/source.js'

/** The outcome of a delivery; `abandoned` if the subscription has ended. */
export type Outcome = 'acked' | 'nacked' | 'abandoned'

interface PendingDelivery {
  readonly outcome: Promise<Outcome>
  readonly settle: (outcome: Outcome) => void
}

const pendingDelivery = (): PendingDelivery => {
  let settle: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve))
  return { outcome, settle }
}

/** One subscription to an inbox, with its unsettled deliveries and the responses that wait for them. */
export class InboxSession {
  /**
   * By the hash of the delivered text. A retry of the sender joins the first attempt, so that while a sink is down,
   * each message takes one place, however often and in whatever form it is sent.
   */
  readonly #pending = new Map<string, PendingDelivery>()
  #answering = 0
  #overflowing = false
  #stopped = false

  constructor(
    private readonly subscriber: Subscriber<Delivery | Notice>,
    private readonly maxInFlight: number,
  ) {}

  get stopped(): boolean {
    return this.#stopped
  }

  get full(): boolean {
    return this.#pending.size >= this.maxInFlight
  }

  /** Warns that a request was refused for lack of a place; once, until half of the places are free again. */
  overflow(): void {
    if (this.#overflowing) return
    this.#overflowing = true
    this.notice({
      _tag: 'Warning',
      message: `${this.maxInFlight} deliveries are unsettled, so further ones are answered 503: find out why a sink does not settle them`,
    })
  }

  notice(notice: Notice): void {
    this.subscriber.next(notice)
  }

  /**
   * Delivers an event that was received as this text. Returns `undefined` if there is no place for it, or the session
   * has ended.
   */
  deliver(text: string, event: ClusterEvent, response: ServerResponse): Promise<Outcome> | undefined {
    if (this.#stopped) return undefined
    const key = createHash('sha256').update(text).digest('base64')
    const known = this.#pending.get(key)
    if (known === undefined && this.full) return undefined
    this.#answering++
    finished(response, () => {
      this.#answering--
      this.#finish()
    })
    if (known !== undefined) return known.outcome

    const { outcome, settle } = pendingDelivery()
    const first = (how: Outcome): void => {
      if (this.#pending.get(key)?.outcome !== outcome) return
      this.#pending.delete(key)
      if (this.#pending.size <= this.maxInFlight / 2) this.#overflowing = false
      settle(how)
      this.#finish()
    }
    this.#pending.set(key, { outcome, settle: first })
    this.subscriber.next({
      _tag: 'Delivery',
      events: [event],
      ack: () => first('acked'),
      nack: () => first('nacked'),
    })
    return outcome
  }

  /** Takes no more deliveries, and completes once all are settled and their responses sent. */
  stop(): void {
    this.#stopped = true
    this.#finish()
  }

  /** Stops, and abandons unsettled deliveries. */
  abandon(): void {
    this.#stopped = true
    for (const { settle } of [...this.#pending.values()]) settle('abandoned')
  }

  #finish(): void {
    if (this.#stopped && this.#pending.size === 0 && this.#answering === 0) this.subscriber.complete()
  }
}
