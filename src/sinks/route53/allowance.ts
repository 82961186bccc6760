import { OptionError } from '../../core/option-error.js'
import type { Clock } from '../../core/clock.js'
import { type TokenBucket, tokenBucket } from '../../shared/aws/token-bucket.js'

/** Route 53's rate limits per account: requests, and changes. */
export interface Route53Allowance {
  readonly requests: TokenBucket
  /** One CREATE or DELETE of a record set counts as one. */
  readonly changes: TokenBucket
}

/** The limits of an account, shared by all its users: "Throttling API requests" in Route 53's developer guide. */
const account = {
  requests: { burst: 50, perSecond: 10 },
  changes: { burst: 1500, perSecond: 100 },
}

/**
 * A share of the account's limits, more than 0 and at most 1; the rest is left to other users.
 *
 * @throws OptionError for any other number.
 */
export const route53Allowance = (clock: Clock, share: number): Route53Allowance => {
  if (!(share > 0 && share <= 1))
    throw new OptionError(`share: expected more than 0 and at most 1, got ${share}`)
  const bucket = ({ burst, perSecond }: { burst: number; perSecond: number }): TokenBucket =>
    tokenBucket({ burst: Math.max(1, burst * share), perSecond: perSecond * share, clock })
  return { requests: bucket(account.requests), changes: bucket(account.changes) }
}
