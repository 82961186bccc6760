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

export interface SrvRecordsOptions {
  /**
   * The hosted zone's id: `Z0123456789ABCDEFGHIJ`, or with `/hostedzone/` before it. Never its name: two zones may
   * have one.
   */
  readonly zoneId: string
  /**
   * A region of the zone's partition (AWS, China, GovCloud, …), which decides where Route 53 is. Default: as the AWS
   * SDK finds it, else `us-east-1`.
   */
  readonly region?: string | undefined
  /** Default: a client with the environment's credentials for `region`. */
  readonly client?: Route53Client
  /** Default: `srv-records`. */
  readonly name?: string
  /**
   * What a backend's records are called: inside the zone, or whole. A text in which `{name}` stands for the
   * backend's name, such as `_{name}._tcp`, or a pure function. Default: `{name}`, for names as `srvNames()` gives
   * them.
   */
  readonly recordName?: string | ((backend: Backend) => string)
  /**
   * `simple`: one record set a name, which answers with all targets. `weighted`: one record set a target, as ecssd
   * writes them, of which Route 53 answers with one; 100 a name at most. Default: `simple`.
   */
  readonly shape?: Shape
  /** How long resolvers may keep what they were told. Default: 10; 0 for `weighted`, as ecssd has it. */
  readonly ttlSeconds?: number | undefined
  /**
   * `ecssd`: SRV records of names without an owner become ours when they are desired, if every one is as ecssd writes
   * them; and so do its A records of hosts that they lead to. Default: `none`: what has no mark of ours is somebody
   * else's.
   */
  readonly adopt?: 'ecssd' | 'none'
  /** How much of the account's limits this process may use, from 0 to 1. Default: 0.5. */
  readonly share?: number
  /** To share one between zones. Default: one for all zones of this process with the same clock and `share`. */
  readonly allowance?: Route53Allowance
  readonly clock?: Clock
  readonly random?: Random
}

const allowances = new WeakMap<Clock, Map<number, Route53Allowance>>()

/** Route 53 rations an account, not a zone. */
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
  throw new RangeError(
    `zoneId: expected the id of a hosted zone, such as Z0123456789ABCDEFGHIJ, got "${zoneId}": "aws route53 list-hosted-zones" tells it`,
  )
}

/**
 * Backends as SRV records of a hosted zone in Route 53: `<priority> <weight> <port> <target>`, of priority 1 and the
 * endpoint's weight or 1, whose target is a host in the same zone, `ip-10-0-0-1.<zone>`, with an A record and, where
 * its address of version 6 is known, an AAAA record. A host's records come with the first name that leads to it, and
 * go with the last. A backend without endpoints has no SRV records.
 *
 * Whose records a name has is written beside them, in a TXT record `srv-<name>`. Every change is one batch, made as a
 * whole or not at all, that deletes what was read, that mark included, and creates what is wanted: what somebody else
 * changed meanwhile is a conflict, read and planned again. Nothing without our mark is changed.
 *
 * IAM: `route53:GetHostedZone`, `ListResourceRecordSets` and `ChangeResourceRecordSets` on the zone.
 *
 * @throws RangeError when an option cannot be.
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
    throw new RangeError(`ttlSeconds: expected a whole number of seconds, 0 or more, got ${ttl}`)
  if (typeof recordName === 'string' && !recordName.includes('{name}'))
    throw new RangeError(`recordName: expected {name} in it, for the backend's name, got "${recordName}"`)
  const zone = new HostedZone({ client, id: checkedId(zoneId), allowance, clock, random })
  const adopts = adopt === 'ecssd'
  let hosts = new HostTable()
  let warnings: readonly string[] = []

  return {
    name,
    equals: sameService,
    adopt: adopts,
    render: serviceRenderer({
      zone: () => zone.nameKnown(),
      recordName:
        typeof recordName === 'string'
          ? (backend) => recordName.replaceAll('{name}', () => backend.name)
          : recordName,
      shape,
      ttl,
    }),
    prune: () => undefined,
    // The name stays ours by its mark, as that of a backend without endpoints does.
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
