import type { Route53Client, Route53ClientConfig } from '@aws-sdk/client-route-53'
import { Resolver } from 'node:dns/promises'
import type { Clock, Millis, Random } from '../../src/core/clock.js'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { dnsAnswer } from '../dns/dns-answer.js'
import { dnsServer } from '../dns/dns-server.js'
import type { NameServers } from '../dns/name-servers.js'
import { route53Account } from './route53-account.js'
import { type Route53Api, route53Api, type Route53Faults } from './route53-api.js'
import { route53Service } from './route53-service.js'
import type { Route53Limits } from './route53-throttle.js'
import { publishedAt } from './route53-zone.js'
import { type Route53Zones, route53Zones } from './route53-zones.js'
import type { ZoneSeed } from './zone-seed.js'

export interface EmbeddedRoute53Options {
  /** The zones at the start. Default: none. */
  readonly zones?: readonly ZoneSeed[]
  /** Default: none. */
  readonly faults?: Route53Faults
  /** Calls beyond the limits are throttled. `awsLimits` are those of AWS. Default: none. */
  readonly limits?: Route53Limits
  /** How long a batch is in progress. Others for its zone are `PriorRequestNotComplete` meanwhile. Default: 0. */
  readonly processingMs?: Millis
  /** How long a change is `PENDING`. The name servers answer as before it meanwhile. Default: 0. */
  readonly propagationMs?: Millis
  /** Default: the system's clock. */
  readonly clock?: Clock
  /** Chooses among weighted sets, and the order of values. Default: `Math.random`. */
  readonly random?: Random
}

/**
 * A Route 53 in this process, in memory, for tests, the demo and the bench: its API, and its name servers.
 *
 * `createZone`, `change` and `recordSets` bypass faults and limits, and `calls` does not count them.
 */
export interface EmbeddedRoute53 extends Route53Zones, Pick<Route53Api, 'calls' | 'inject'> {
  readonly dns: NameServers
  /** Asks only these name servers. */
  resolver(): Resolver
  /** Destroys the clients, closes every connection and deletes all data. */
  close(): Promise<void>
}

/**
 * Starts it on 127.0.0.1 and free ports. Unlike Route 53, it does not support traffic policies, health checks, DNSSEC,
 * routing by latency or geography (it chooses at random), and names whose labels are not ASCII or contain dots.
 */
export const embeddedRoute53 = async ({
  zones = [],
  faults = () => 'ok',
  limits,
  processingMs = 0,
  propagationMs = 0,
  clock = systemClock,
  random = Math.random,
}: EmbeddedRoute53Options = {}): Promise<EmbeddedRoute53> => {
  const account = route53Account({ clock, propagationMs })
  for (const zone of zones) account.createZone(zone)
  const api = await route53Api(route53Service(account, { clock, limits, processingMs }), faults)
  const backstage = await route53Api(
    route53Service(account, { clock, limits: undefined, processingMs: 0 }),
    () => 'ok',
  )
  const dns = await dnsServer((question) => {
    const now = clock.now()
    const published = account.zones().map((zone) => ({ name: zone.name, records: publishedAt(zone, now) }))
    return dnsAnswer(published, question, random)
  })
  const clients = route53Zones(backstage.url)

  return {
    ...clients,
    url: api.url,
    client: (overrides: Route53ClientConfig = {}): Route53Client =>
      clients.client({ endpoint: api.url, ...overrides }),
    calls: api.calls,
    inject: api.inject,
    dns,
    resolver: () => {
      const resolver = new Resolver()
      resolver.setServers([dns.address])
      return resolver
    },
    close: async () => {
      await clients.close()
      await Promise.all([api.close(), backstage.close(), dns.close()])
    },
  }
}
