import type { Clock, Millis } from '../../src/core/clock.js'
import type { Route53Account } from './route53-account.js'
import { answerTo, changesOf, type Route53Answer, type Route53Call } from './route53-operations.js'
import { busy, throttled } from './route53-refusals.js'
import { type Route53Limits, route53Throttle } from './route53-throttle.js'

export interface Route53ServiceOptions {
  readonly clock: Clock
  /** Undefined: no limits. */
  readonly limits: Route53Limits | undefined
  /** How long a batch is in progress; meanwhile others for its zone are refused. */
  readonly processingMs: Millis
}

/** An account behind the limits of the service: request rates, and one batch per zone at a time. */
export const route53Service = (
  account: Route53Account,
  { clock, limits, processingMs }: Route53ServiceOptions,
): ((call: Route53Call) => Promise<Route53Answer>) => {
  const throttle = route53Throttle(limits, clock)
  const inProgress = new Set<string>()

  const process = async (zoneId: string): Promise<void> => {
    if (inProgress.has(zoneId)) throw busy
    inProgress.add(zoneId)
    try {
      await clock.sleep(processingMs, new AbortController().signal)
    } finally {
      inProgress.delete(zoneId)
    }
  }

  return async (call) => {
    if (!throttle.request()) throw throttled
    if (call.operation === 'ChangeResourceRecordSets') {
      if (!throttle.changes(changesOf(account, call))) throw throttled
      if (processingMs > 0) await process(call.id)
    }
    return answerTo(account, call)
  }
}
