import type { Millis } from '../../src/core/clock.js'
import { ApiFailure } from '../../sim/aws-api/api-failure.js'
import type { RecordSets } from '../../sim/dns/route53-record-set.js'
import { type Route53Account, route53Account } from '../../sim/route53/route53-account.js'
import { answerTo, callOf, changesOf, type Route53Call } from '../../sim/route53/route53-operations.js'
import { broken, busy, refused, throttled } from '../../sim/route53/route53-refusals.js'
import { awsLimits, type Route53Throttle, route53Throttle } from '../../sim/route53/route53-throttle.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { SimulatedService, WireAnswer, WireRequest } from '../network/wire.js'

export interface Route53Options {
  readonly now: () => Millis
  readonly faults: Faults
  /** Called after each batch that was made. */
  readonly changed: (before: RecordSets, after: RecordSets, by: SimulatedProcess) => void
}

export const zoneId = 'Z0SIMULATED'
export const zoneName = 'simulated.internal'

/** How long a batch is in progress, at least; others for the zone are refused meanwhile. */
const processingMs: Millis = 60

/** How many record sets a page has: few, so that there are often several. Route 53's have 300. */
const pageSize = '60'

/** Route 53 with one zone: the account of `sim`, behind AWS's limits, without its server. */
export class SimulatedRoute53 implements SimulatedService {
  readonly #account: Route53Account
  readonly #throttle: Route53Throttle
  #busyUntil: Millis = 0

  constructor(private readonly options: Route53Options) {
    const clock = { now: options.now, sleep: () => Promise.resolve() }
    this.#account = route53Account({ clock, propagationMs: 0 })
    this.#account.createZone({ id: zoneId, name: zoneName })
    this.#throttle = route53Throttle(awsLimits, clock)
  }

  get records(): RecordSets {
    return this.#account.zone(zoneId).records
  }

  /** Makes changes as somebody else. Returns whether Route 53 took them. */
  change(...changes: Parameters<Route53Account['change']>[1]): boolean {
    try {
      this.#account.change(zoneId, changes)
      return true
    } catch (thrown) {
      if (thrown instanceof ApiFailure) return false
      throw thrown
    }
  }

  answer({ method, path, body }: WireRequest, by: SimulatedProcess): WireAnswer {
    const call = callOf(method, path, body)
    if (call.query.has('maxitems')) call.query.set('maxitems', pageSize)
    const { records: before } = this
    try {
      this.#admit(call, by)
      const { status, headers = {}, body: answer } = answerTo(this.#account, call)
      return { status, headers: { 'content-type': 'text/xml', ...headers }, body: answer }
    } catch (thrown) {
      if (thrown instanceof ApiFailure) return xmlRefusal(thrown)
      throw thrown
    } finally {
      const { records: after } = this
      if (after !== before) this.options.changed(before, after, by)
    }
  }

  refusal(_: WireRequest, kind: 'throttle' | 'error500'): WireAnswer {
    return xmlRefusal(kind === 'throttle' ? throttled : broken)
  }

  /** Whether the limits of the account allow the call, and the zone takes a batch. */
  #admit(call: Route53Call, by: SimulatedProcess): void {
    const { now, faults } = this.options
    if (!this.#throttle.request()) throw throttled
    if (call.operation !== 'ChangeResourceRecordSets') return
    if (now() < this.#busyUntil || faults.happens('refusal', 0.02, `${by.name} ${call.operation}`)) throw busy
    if (!this.#throttle.changes(changesOf(this.#account, call))) throw throttled
    this.#busyUntil = now() + processingMs
  }
}

const xmlRefusal = (failure: ApiFailure): WireAnswer => {
  const { status, body } = refused(failure)
  return { status, headers: { 'content-type': 'text/xml' }, body }
}
