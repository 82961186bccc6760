import type { Place } from '../../../core/arn.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

/** The same buckets, which tell of every call that they let pass. */
export const countedBuckets =
  (bucketOf: (place: Place) => TokenBucket, called: (calls: number) => void) =>
  (place: Place): TokenBucket => {
    const bucket = bucketOf(place)
    return {
      take: (n, signal, priority) =>
        bucket.take(n, signal, priority).then((taken) => {
          if (taken) called(n)
          return taken
        }),
    }
  }
