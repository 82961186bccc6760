/** How targets are laid out in record sets. Pure. */
import type { DnsName } from './dns-name.js'
import { addressIn, hostName } from './host-name.js'
import {
  formatSrv,
  newRecordSet,
  parseSrv,
  type RecordSet,
  recordSetOf,
  type SrvValue,
} from './record-set.js'
import type { Target } from './service.js'
import { setWeights, type Weighed } from './set-weights.js'

/**
 * - `simple`: one record set per name with a value per target: each answer has all targets.
 * - `weighted`: one record set per target, as ecssd writes them: each answer has a random target. The weight is 1, unless
 *   a deployment shares the answers.
 */
export type Shape = 'simple' | 'weighted'

/** A desired value: a new one to write, or a target that is kept. */
export type Wanted = ({ readonly srv: SrvValue } | Target) & {
  /** Its part of the answers, if a deployment shares them. */
  readonly share: Weighed | undefined
}

const relative = (target: DnsName, zone: DnsName): string =>
  target.endsWith(`.${zone}`) ? target.slice(0, -zone.length - 1) : target

/**
 * `ip-10-0-0-1:32768`, where ecssd has `<hostname>:<docker id>`. An address is one set, whichever container has it. No
 * ecssd agent mistakes it for its own, since its host's name continues where ours ends.
 */
const identifierOf = ({ target, port }: SrvValue, zone: DnsName): string =>
  `${relative(target, zone)}:${port}`

const only = ({ values }: RecordSet): SrvValue | undefined => {
  const [value, another] = values
  return value === undefined || another !== undefined ? undefined : parseSrv(value)
}

/** Whether the identifier has the form `<hostname>:<docker id>` and its only value points to that host. */
export const isOfEcssd = (set: RecordSet): boolean => {
  const { identifier, weight } = set
  const srv = only(set)
  if (srv === undefined || identifier === undefined || weight !== 1) return false
  const colon = identifier.lastIndexOf(':')
  return (
    /^[0-9a-f]{12,64}$/.test(identifier.slice(colon + 1)) &&
    identifier.slice(0, colon).toLowerCase() === srv.target
  )
}

/**
 * The hosts that record sets of ecssd point to, with their addresses. ecssd's targets are EC2's names of the machines,
 * and the address record of the same machine is in the zone.
 */
export const hostsOfEcssd = (sets: readonly RecordSet[], zone: DnsName): ReadonlyMap<DnsName, string> => {
  const hosts = new Map<DnsName, string>()
  for (const set of sets) {
    const address = isOfEcssd(set) ? addressIn(only(set)?.target ?? '') : undefined
    const host = address === undefined ? undefined : hostName(address, zone)
    if (host !== undefined && address !== undefined) hosts.set(host, address)
  }
  return hosts
}

/** Whether a record set has our identifiers or form, in either layout. */
export const isOfOurs = (set: RecordSet, zone: DnsName): boolean => {
  if (set.identifier === undefined) return set.values.length > 0
  if (set.weight === undefined) return false
  const srv = only(set)
  // Even if its target was edited: no other writer uses such identifiers.
  const [, host] = /^(ip6?-[0-9a-f-]+):\d{1,5}$/.exec(set.identifier) ?? []
  return (
    (host !== undefined && addressIn(host) !== undefined) ||
    (srv !== undefined && set.identifier === identifierOf(srv, zone))
  )
}

/** Route 53 requires the same TTL in all weighted sets of a name. A set of ecssd is known by its weight. */
const revised = (set: RecordSet, ttl: number, weight: number | undefined): RecordSet => {
  const of = weight === undefined || isOfEcssd(set) ? set.weight : weight
  return set.ttl === ttl && set.weight === of ? set : recordSetOf({ ...set.raw, TTL: ttl, Weight: of })
}

/** The SRV value in a record set that has all of them. */
const shared = ({ srv, share }: Wanted): SrvValue =>
  share === undefined ? srv : { ...srv, weight: share.weight }

/** The record sets of a name. `held`: the present ones. */
export const shaped = (
  shape: Shape,
  name: DnsName,
  targets: readonly Wanted[],
  { zone, ttl, held }: { readonly zone: DnsName; readonly ttl: number; readonly held: readonly RecordSet[] },
): readonly RecordSet[] => {
  if (targets.length === 0) return []
  switch (shape) {
    case 'simple': {
      const values = [...new Set(targets.map((target) => formatSrv(shared(target))))]
      return [newRecordSet({ name, type: 'SRV', ttl, values })]
    }
    case 'weighted': {
      const before = new Map(held.map((set) => [set.identifier, set]))
      const sets = new Map<string, RecordSet>()
      const weights = setWeights(targets.map(({ share }) => share ?? { revision: '', weight: 1 }))
      for (const [i, target] of targets.entries()) {
        const weight = target.share === undefined ? undefined : weights[i]
        if ('set' in target && target.set.identifier !== undefined) {
          sets.set(target.set.identifier, revised(target.set, ttl, weight))
          continue
        }
        const identifier = identifierOf(target.srv, zone)
        const values = [formatSrv(target.srv)]
        sets.set(
          identifier,
          newRecordSet({ name, type: 'SRV', ttl, values, identifier, weight }, before.get(identifier)),
        )
      }
      return [...sets.values()]
    }
  }
}
