import { OptionError } from '../../core/option-error.js'
import type { Route53Client } from '@aws-sdk/client-route-53'
import type { Clock, Random } from '../../core/clock.js'
import type { Backend } from '../../core/desired.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { type Route53Allowance, route53Allowance } from './allowance.js'
import { route53Client } from './client.js'
import { HostTable } from './host-table.js'
import { HostedZone } from './hosted-zone.js'
import { negativeCachingWarnings } from './negative-caching.js'
import { serviceRenderer } from './render.js'
import { addressesOf, type SrvService, sameService } from './service.js'
import type { Shape } from './record-layout.js'
import { zoneView } from './view.js'
import { serviceWriter } from './write.js'

export { srvTestName } from './names/test-name.js'
export type { Route53Allowance } from './allowance.js'
export type { Shape } from './record-layout.js'
export type { Priority, TokenBucket } from '../../shared/aws/token-bucket.js'
export type { DnsName } from './dns-name.js'
export type { RecordSet } from './record-set.js'
export type { Held, Host, SrvService } from './service.js'

export interface SrvRecordsOptions {
  /**
   * The hosted zone's id: `Z0123456789ABCDEFGHIJ`, with or without the prefix `/hostedzone/`. Not its name, which two
   * zones may share.
   */
  readonly zoneId: string
  /**
   * A region of the zone's partition (AWS, China, GovCloud, …), which determines Route 53's endpoint. Default: as
   * resolved by the AWS SDK, else `us-east-1`.
   */
  readonly region?: string | undefined
  /** Default: a client with the environment's credentials for `region`. */
  readonly client?: Route53Client
  /** Default: `srv-records`. */
  readonly name?: string
  /**
   * The name of a backend's records, relative to the zone or absolute: a template in which `{name}` stands for the
   * backend's name, such as `_{name}._tcp`, or a pure function. Default: `{name}`, which fits the names from
   * `srvNames()`.
   */
  readonly recordName?: string | ((backend: Backend) => string)
  /**
   * `simple`: one record set per name, which answers with all targets. `weighted`: one record set per target, as ecssd
   * writes them, of which Route 53 answers with one; at most 100 per name. Default: `simple`.
   */
  readonly shape?: Shape
  /** The TTL of the records. Default: 10; for `weighted` 0, as in ecssd's records. */
  readonly ttlSeconds?: number | undefined
  /**
   * `ecssd`: adopt SRV records without an owner once they are desired, if all of a name's are as ecssd writes them, and
   * the A records of the hosts they point to. Default: `none`: records without our ownership record belong to others.
   */
  readonly adopt?: 'ecssd' | 'none'
  /** The share of the account's limits that this process may use, more than 0 and at most 1. Default: 0.5. */
  readonly share?: number
  /** Pass one to share it between zones. Default: one for all zones of this process with the same clock and `share`. */
  readonly allowance?: Route53Allowance
  readonly clock?: Clock
  readonly random?: Random
}

const allowances = new WeakMap<Clock, Map<number, Route53Allowance>>()

/** Route 53's limits apply to an account, not to a zone. */
const sharedAllowance = (clock: Clock, share: number): Route53Allowance => {
  const byShare = allowances.get(clock) ?? new Map<number, Route53Allowance>()
  allowances.set(clock, byShare)
  const allowance = byShare.get(share) ?? route53Allowance(clock, share)
  byShare.set(share, allowance)
  return allowance
}

const checkedId = (zoneId: string): string => {
  const id = zoneId.replace(/^\/?hostedzone\//, '')
  if (/^[A-Z0-9]{1,32}$/.test(id)) return id
  throw new OptionError(
    `zoneId: expected the id of a hosted zone, such as Z0123456789ABCDEFGHIJ, got "${zoneId}": "aws route53 list-hosted-zones" lists the ids`,
  )
}

/**
 * Backends as SRV records of a hosted zone in Route 53: `<priority> <weight> <port> <target>`, with priority 1. The weight
 * is the endpoint's, or 1; while a deployment shares the requests, that of its share. The target is a host in the same zone, `ip-10-0-0-1.<zone>`, with an A record and, if its
 * IPv6 address is known, an AAAA record. A host's records are created with the first name that points to it, and
 * deleted with the last. A backend without endpoints has no SRV records.
 *
 * The owner of a name is written beside it, in a TXT record `srv-<name>`. Every change is one batch, made completely or
 * not at all, which deletes what was read, including the ownership record, and creates what is desired. If another
 * writer changed something meanwhile, the batch is a conflict: it is read and planned again. Records without our
 * ownership record are never changed.
 *
 * IAM: `route53:GetHostedZone`, `ListResourceRecordSets` and `ChangeResourceRecordSets` on the zone.
 *
 * @throws OptionError for an invalid option.
 */
export const srvRecords = ({
  zoneId,
  region = '',
  client = route53Client(region),
  name = 'srv-records',
  recordName = '{name}',
  shape = 'simple',
  ttlSeconds: ttl = shape === 'weighted' ? 0 : 10,
  adopt = 'none',
  share = 0.5,
  clock = systemClock,
  allowance = sharedAllowance(clock, share),
  random = Math.random,
}: SrvRecordsOptions): Sink<SrvService> => {
  if (!Number.isSafeInteger(ttl) || ttl < 0 || ttl > 2 ** 31 - 1)
    throw new OptionError(`ttlSeconds: expected a whole number of seconds, 0 or more, got ${ttl}`)
  if (typeof recordName === 'string' && !recordName.includes('{name}'))
    throw new OptionError(`recordName: expected {name} in it, for the backend's name, got "${recordName}"`)
  const zone = new HostedZone({ client, id: checkedId(zoneId), allowance, clock, random })
  const adopts = adopt === 'ecssd'
  let hosts = new HostTable()
  let warnings: readonly string[] = []

  return {
    name,
    equals: sameService,
    adopt: adopts,
    ...serviceRenderer({
      zone: () => zone.nameKnown(),
      recordName:
        typeof recordName === 'string'
          ? (backend) => recordName.replaceAll('{name}', () => backend.name)
          : recordName,
      shape,
      ttl,
    }),
    prune: () => undefined,
    // The name keeps its ownership record, like that of a backend without endpoints.
    emptied: ({ name }) => ({ name, sets: [], hosts: new Map(), held: undefined, refusal: undefined }),
    hostsOf: addressesOf,
    read: async (signal) => {
      const within = await zone.name(signal)
      const sets = await zone.recordSets(signal)
      warnings = negativeCachingWarnings(sets, within)
      const view = zoneView(sets, { zone: within, adopt: adopts })
      hosts = view.hosts
      return view.rows
    },
    warnings: () => warnings,
    apply: serviceWriter({ zone, hosts: () => hosts, ttl, adopt: adopts }),
  }
}
