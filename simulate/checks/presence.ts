import type { Millis } from '../../src/core/clock.js'

interface Place {
  isThere: boolean
  /** When it last came, or went. */
  changedAt: Millis
}

/** Since when which servers are in the target, and since when they are not. */
export class Presence {
  readonly #places = new Map<string, Place>()

  constructor(private readonly now: () => Millis) {}

  set(service: string, address: string, isThere: boolean): void {
    const key = `${service} ${address}`
    const place = this.#places.get(key)
    if ((place?.isThere ?? false) === isThere) return
    this.#places.set(key, { isThere, changedAt: this.now() })
  }

  /** Whether it was in the target at some time after `since`. */
  wasThere(service: string, address: string, since: Millis): boolean {
    const place = this.#places.get(`${service} ${address}`)
    return place !== undefined && (place.isThere || place.changedAt >= since)
  }

  /** Whether it was not in the target at some time after `since`. */
  wasAbsent(service: string, address: string, since: Millis): boolean {
    const place = this.#places.get(`${service} ${address}`)
    return place === undefined || !place.isThere || place.changedAt >= since
  }
}
