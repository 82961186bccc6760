import type { Clock } from '../../src/core/clock.js'
import type { RecordSetChange } from '../dns/route53-record-set.js'

export interface Route53Bucket {
  /** Tokens in a full bucket. */
  readonly burst: number
  readonly perSecond: number
}

/** The buckets of an account. */
export interface Route53Limits {
  /** One token for each request. */
  readonly requests: Route53Bucket
  /** One token for each CREATE and DELETE, two for an UPSERT. */
  readonly changes: Route53Bucket
}

/** The defaults of AWS since July 2026: the page "Throttling" of the developer guide. */
export const awsLimits: Route53Limits = {
  requests: { burst: 50, perSecond: 10 },
  changes: { burst: 1500, perSecond: 100 },
}

/** Whether a call is within the limits. If it is, its tokens are taken. */
export interface Route53Throttle {
  request(): boolean
  changes(changes: readonly RecordSetChange[]): boolean
}

/** Without limits, every call is allowed. */
export const route53Throttle = (limits: Route53Limits | undefined, clock: Clock): Route53Throttle => {
  if (limits === undefined) return { request: () => true, changes: () => true }
  const requests = bucket(limits.requests, clock)
  const changes = bucket(limits.changes, clock)
  return {
    request: () => requests(1),
    changes: (batch) => changes(batch.reduce((sum, { Action }) => sum + (Action === 'UPSERT' ? 2 : 1), 0)),
  }
}

/** Takes `n` tokens, or none if fewer are left. */
const bucket = ({ burst, perSecond }: Route53Bucket, clock: Clock): ((n: number) => boolean) => {
  let tokens = burst
  let filledAt = clock.now()
  return (n) => {
    const now = clock.now()
    tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1000)
    filledAt = now
    if (tokens < n) return false
    tokens -= n
    return true
  }
}
