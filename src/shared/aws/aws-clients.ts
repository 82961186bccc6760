import { OptionError } from '../../core/option-error.js'
import type { Place } from '../../core/arn.js'
import type { Clock } from '../../core/clock.js'
import { isRegion } from './aws-partition.js'
import { type Allowance, type TokenBucket, tokenBucket } from './token-bucket.js'

/** How many places are remembered; far more than anybody follows. */
const mostPlaces = 64

/**
 * `make`, called once for each place while the place is among the 64 used last. ARNs come from outside: without a
 * bound, invented regions would fill the memory.
 *
 * @param ended Called with what is forgotten.
 */
export const perPlace = <A extends object>(
  make: (place: Place) => A,
  ended: (forgotten: A) => void = () => undefined,
): ((place: Place) => A) => {
  const made = new Map<string, A>()
  return (place) => {
    const key = `${place.region} ${place.account}`
    const one = made.get(key) ?? make(place)
    // Deleted first, so that the map's order is that of use.
    made.delete(key)
    made.set(key, one)
    const [oldest] = made
    if (made.size > mostPlaces && oldest !== undefined) {
      made.delete(oldest[0])
      ended(oldest[1])
    }
    return one
  }
}

/**
 * What every client of AWS is made with: the place's region, where it names one, and otherwise what the environment
 * says: credentials, region, `AWS_ENDPOINT_URL…`, FIPS and dual stack. One attempt per call, because sources and sinks
 * retry by their own clock and within their own allowance. Time limits, because the SDK has none: a connection that
 * goes silent would be waited for forever.
 *
 * @throws OptionError for a region that cannot be one: it would become part of a host name.
 */
export const clientSettings = ({ region }: Pick<Place, 'region'>) => {
  if (region !== '' && !isRegion(region))
    throw new OptionError(`region: expected the name of an AWS region, such as eu-west-1, got "${region}"`)
  return {
    ...(region === '' ? {} : { region }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  }
}

/** The region that the environment or its configuration files name for a client, else `otherwise`. */
export const environmentRegion = async (
  { config }: { readonly config: { region(): Promise<string> } },
  otherwise: string,
): Promise<string> => {
  try {
    return await config.region()
  } catch {
    return otherwise
  }
}

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
