import type { Clock } from '../../core/clock.js'
import { type TokenBucket, tokenBucket } from '../../shared/aws/token-bucket.js'

/** What may be asked of Route 53, which rations the requests of an account, and their changes. */
export interface Route53Allowance {
  readonly requests: TokenBucket
  /** A CREATE or a DELETE of a record set is one. */
  readonly changes: TokenBucket
}

/** Of an account, for all who use it: "Throttling API requests" in the developer guide of Route 53. */
const account = {
  requests: { burst: 50, perSecond: 10 },
  changes: { burst: 1500, perSecond: 100 },
}

/**
 * A share of the account's limits, from 0 to 1; the rest is left to others.
 *
 * @throws RangeError when it is no share.
 */
export const route53Allowance = (clock: Clock, share: number): Route53Allowance => {
  if (!(share > 0 && share <= 1))
    throw new RangeError(`share: expected more than 0 and at most 1, got ${share}`)
  const bucket = ({ burst, perSecond }: { burst: number; perSecond: number }): TokenBucket =>
    tokenBucket({ burst: Math.max(1, burst * share), perSecond: perSecond * share, clock })
  return { requests: bucket(account.requests), changes: bucket(account.changes) }
}
