/** What the answer of a receiver means. Pure. */
import type { Millis } from '../../core/clock.js'
import type { DeliveryResult } from '../kit/delivery.js'

/** A receiver cannot stop its deliveries for longer than this. */
export const longestWaitMs: Millis = 60_000

/** Statuses after which the same request may succeed: timeout, too early, too many. */
const passing: ReadonlySet<number> = new Set([408, 425, 429])

/** What to do about a status, if that is known. */
const advice = (status: number): string => {
  switch (status) {
    case 401:
    case 403:
      return 'compare the secrets and headers of both sides, and the clock of the receiver'
    case 404:
    case 410:
      return 'correct the URL'
    case 413:
      return 'let the receiver take larger bodies, or divide the backend'
    default:
      return 'see the log of the receiver'
  }
}

/** `place`: the receiver, for people. Its path may be secret, and what it answers is never shown. */
export const resultOf = (status: number, place: string): DeliveryResult => {
  if (status >= 200 && status < 300) return { _tag: 'Delivered' }
  if (status === 409)
    return { _tag: 'Behind', error: new Error(`${place} has a later sequence already (409)`) }
  if (status >= 500 || passing.has(status))
    return { _tag: 'Failed', error: new Error(`${place} answered ${status}`) }
  if (status >= 300 && status < 400)
    return {
      _tag: 'Refused',
      reason: `${place} answered with a redirect (${status}), and redirects are not followed: give the URL that it leads to`,
    }
  return { _tag: 'Refused', reason: `${place} refuses it (${status}): ${advice(status)}` }
}

/**
 * How long a receiver wants to be left alone by its header Retry-After, in seconds or as a date, at most a minute; 0 if
 * it does not say.
 */
export const retryAfterMs = (header: string | null, now: Millis): Millis => {
  const text = header?.trim() ?? ''
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(0, wait), longestWaitMs)
}
