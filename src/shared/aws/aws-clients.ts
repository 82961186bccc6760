import { OptionError } from '../../core/option-error.js'
import { type Place, placeOf } from '../../core/arn.js'
import type { Clock } from '../../core/clock.js'
import { isRegion } from './aws-partition.js'
import { type Allowance, type TokenBucket, tokenBucket } from './token-bucket.js'

/** Maximum number of cached places, far more than a worker follows. */
const mostPlaces = 64

/**
 * Caches the result of `make` for the 64 most recently used places. The cache is bounded, because places come from ARNs
 * in messages, and invented regions must not fill the memory.
 *
 * @param ended Called with each evicted result.
 */
export const perPlace = <A extends object>(
  make: (place: Place) => A,
  ended: (forgotten: A) => void = () => undefined,
): ((place: Place) => A) => {
  const made = new Map<string, A>()
  return (place) => {
    const key = `${place.region} ${place.account}`
    const one = made.get(key) ?? make(place)
    // Deleted first, so that the map is ordered by last use.
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

/** The places of clusters, without duplicates. */
export const distinctPlaces = (clusters: readonly string[]): readonly Place[] => {
  const places = new Map(clusters.map(placeOf).map((place) => [`${place.region} ${place.account}`, place]))
  return [...places.values()]
}

/**
 * The settings of every AWS client. The region is that of the place, if it names one; everything else comes from the
 * environment: credentials, default region, `AWS_ENDPOINT_URL…`, FIPS and dual stack. Calls get one attempt, because
 * sources and sinks retry by their own clock and within their own allowance. They have timeouts, because the SDK has
 * none and would wait forever on a silent connection.
 *
 * @throws OptionError for an invalid region, because it would become part of a host name.
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

/** The region of a client from the environment or configuration files, or `otherwise` if there is none. */
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
 * Token buckets for one kind of call, one per account and region. All users of the same clock share them, which by
 * default are all sources of a process: AWS limits calls per account and region, not per client.
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
