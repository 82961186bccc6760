import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import type { Subscriber } from 'rxjs'
import type { ClusterEvent } from '../../core/event.js'
import type { Delivery, Notice } from '../../core/source.js'

/** What became of a delivery; `abandoned`: nobody follows this source any more. */
export type Outcome = 'acked' | 'nacked' | 'abandoned'

interface Letter {
  readonly outcome: Promise<Outcome>
  readonly settle: (outcome: Outcome) => void
}

const letter = (): Letter => {
  let settle: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve))
  return { outcome, settle }
}

/** One subscription to an inbox: the deliveries that are unsettled, and the answers that wait for them. */
export class InboxSession {
  /**
   * By the hash of what is delivered: a sender that tries again joins its first try, so that a sink that is down costs
   * one place a message, however often and in whatever form it is sent.
   */
  readonly #letters = new Map<string, Letter>()
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
    return this.#letters.size >= this.maxInFlight
  }

  /** Says that something was refused for want of a place: once, until half of the places are free again. */
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
   * Delivers an event that came as this text, unless there is no place for it or the session has ended meanwhile: then
   * there is no outcome.
   */
  deliver(text: string, event: ClusterEvent, response: ServerResponse): Promise<Outcome> | undefined {
    if (this.#stopped) return undefined
    const key = createHash('sha256').update(text).digest('base64')
    const known = this.#letters.get(key)
    if (known === undefined && this.full) return undefined
    this.#answering++
    finished(response, () => {
      this.#answering--
      this.#finish()
    })
    if (known !== undefined) return known.outcome

    const { outcome, settle } = letter()
    const first = (how: Outcome): void => {
      if (this.#letters.get(key)?.outcome !== outcome) return
      this.#letters.delete(key)
      if (this.#letters.size <= this.maxInFlight / 2) this.#overflowing = false
      settle(how)
      this.#finish()
    }
    this.#letters.set(key, { outcome, settle: first })
    this.subscriber.next({
      _tag: 'Delivery',
      events: [event],
      ack: () => first('acked'),
      nack: () => first('nacked'),
    })
    return outcome
  }

  /** Takes nothing more; completes once everything is settled, and its senders know. */
  stop(): void {
    this.#stopped = true
    this.#finish()
  }

  /** Stops, and lets go what is unsettled. */
  abandon(): void {
    this.#stopped = true
    for (const { settle } of [...this.#letters.values()]) settle('abandoned')
  }

  #finish(): void {
    if (this.#stopped && this.#letters.size === 0 && this.#answering === 0) this.subscriber.complete()
  }
}
