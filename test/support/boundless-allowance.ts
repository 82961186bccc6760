import type { Route53Allowance } from '../../src/sinks/route53/allowance.js'

const bucket = { take: () => Promise.resolve(true) }

/** For tests of what is asked, not of how fast. */
export const boundless: Route53Allowance = { requests: bucket, changes: bucket }
