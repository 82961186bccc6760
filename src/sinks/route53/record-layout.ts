/** The record sets that targets are written as. Pure. */
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

/**
 * - `simple`: one record set a name, of as many values as there are targets: whoever asks gets all of them.
 * - `weighted`: one record set a target, of Weight 1, as ecssd writes them: whoever asks gets one of them, any.
 */
export type Shape = 'simple' | 'weighted'

/** What is wanted: a value to write, or a target that is left as it was found. */
export type Wanted = { readonly srv: SrvValue } | Target

const relative = (target: DnsName, zone: DnsName): string =>
  target.endsWith(`.${zone}`) ? target.slice(0, -zone.length - 1) : target

/**
 * `ip-10-0-0-1:32768`, in the place of ecssd's `<hostname>:<docker id>`: an address is one set, whichever container
 * has it, and no agent takes it for its own, since the name of its host goes on where ours ends.
 */
const identifierOf = ({ target, port }: SrvValue, zone: DnsName): string =>
  `${relative(target, zone)}:${port}`

const only = ({ values }: RecordSet): SrvValue | undefined => {
  const [value, another] = values
  return value === undefined || another !== undefined ? undefined : parseSrv(value)
}

/** `<hostname>:<docker id>` for one value that leads to that host. */
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
 * The hosts that record sets of ecssd lead to, with their addresses. Its targets are called as EC2 calls the machine,
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

/** Whether we write record sets like this one, in either shape. */
export const isOfOurs = (set: RecordSet, zone: DnsName): boolean => {
  if (set.identifier === undefined) return set.values.length > 0
  if (set.weight === undefined) return false
  const srv = only(set)
  // Also where somebody made it lead elsewhere: nobody else has identifiers that look so.
  const [, host] = /^(ip6?-[0-9a-f-]+):\d{1,5}$/.exec(set.identifier) ?? []
  return (
    (host !== undefined && addressIn(host) !== undefined) ||
    (srv !== undefined && set.identifier === identifierOf(srv, zone))
  )
}

/** Route 53 wants one TTL in all weighted sets of a name. */
const withTtl = (set: RecordSet, ttl: number): RecordSet =>
  set.ttl === ttl ? set : recordSetOf({ ...set.raw, TTL: ttl })

/** The record sets of a name. `held`: those that are there now. */
export const shaped = (
  shape: Shape,
  name: DnsName,
  targets: readonly Wanted[],
  { zone, ttl, held }: { readonly zone: DnsName; readonly ttl: number; readonly held: readonly RecordSet[] },
): readonly RecordSet[] => {
  if (targets.length === 0) return []
  switch (shape) {
    case 'simple': {
      const values = [...new Set(targets.map(({ srv }) => formatSrv(srv)))]
      return [newRecordSet({ name, type: 'SRV', ttl, values })]
    }
    case 'weighted': {
      const before = new Map(held.map((set) => [set.identifier, set]))
      const sets = new Map<string, RecordSet>()
      for (const target of targets) {
        if ('set' in target && target.set.identifier !== undefined) {
          sets.set(target.set.identifier, withTtl(target.set, ttl))
          continue
        }
        const identifier = identifierOf(target.srv, zone)
        const values = [formatSrv(target.srv)]
        sets.set(
          identifier,
          newRecordSet({ name, type: 'SRV', ttl, values, identifier }, before.get(identifier)),
        )
      }
      return [...sets.values()]
    }
  }
}
