import type { Place } from '../core/arn.js'
import type { Clock } from '../core/clock.js'
import { type Allowance, type TokenBucket, tokenBucket } from './token-bucket.js'

/** `make`, called once for each place. */
export const perPlace = <A extends object>(make: (place: Place) => A): ((place: Place) => A) => {
  const made = new Map<string, A>()
  return (place) => {
    const key = `${place.region} ${place.account}`
    const found = made.get(key)
    if (found !== undefined) return found
    const one = make(place)
    made.set(key, one)
    return one
  }
}

/**
 * What clients of AWS are made with by default: the place's region, where it names one, and the environment's
 * credentials. One attempt a call, because the sources wait and try again themselves, by their own clock and within
 * their own allowance; and time limits, because without any a connection that goes silent would be waited for
 * forever.
 */
export const clientSettings = ({ region }: Place) => ({
  ...(region === '' ? {} : { region }),
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
})

/**
 * Buckets for the calls of one kind, one for each account and region. Whoever tells the time by the same clock shares
 * them, as do all sources of a process by default: AWS rations an account's calls in a region, not a client's.
 */
export const sharedBuckets = (allowance: Allowance): ((clock: Clock) => (place: Place) => TokenBucket) => {
  const byClock = new WeakMap<Clock, (place: Place) => TokenBucket>()
  return (clock) => {
    const found = byClock.get(clock)
    if (found !== undefined) return found
    const buckets = perPlace(() => tokenBucket({ ...allowance, clock }))
    byClock.set(clock, buckets)
    return buckets
  }
}
