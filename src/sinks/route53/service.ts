/** A name's SRV records: as read, and as desired. Pure. */
import type { DnsName } from './dns-name.js'
import { addressIn, hostName } from './host-name.js'
import { contentOf, parseSrv, type RecordSet, type SrvValue } from './record-set.js'

/** A host that a name points to, whose address records are in the zone too. */
export interface Host {
  /** In canonical form. */
  readonly address: string
  /** The IPv6 address of a host whose `address` is IPv4, if known. */
  readonly ipv6: string | undefined
}

export interface SrvService {
  /** The full name: `_calc._tcp.<zone>`. */
  readonly name: DnsName
  /** The record sets that this worker may write: as read, or as desired. */
  readonly sets: readonly RecordSet[]
  /** By name: the hosts that `sets` point to. */
  readonly hosts: ReadonlyMap<DnsName, Host>
  /** What a write is conditional on. Absent from a desired value. */
  readonly held: Held | undefined
  /** Why it cannot be in the DNS. Only in a desired value. */
  readonly refusal: string | undefined
}

export interface Held {
  /** The name's ownership record (TXT). */
  readonly ownership: RecordSet | undefined
  /** SRV records at the name that this worker must not write, whoever owns the name. */
  readonly others: readonly RecordSet[]
  /**
   * Whether the ownership record's hash matches these records. It does not if another writer changed them alone, or if
   * we changed some while they were being read: pages of a zone are not consistent with each other.
   */
  readonly certain: boolean
  /** Whether each of its hosts resolves correctly and lists the name, and no other host does. */
  readonly served: boolean
}

/** An SRV value, and what it points to. */
export interface Target {
  readonly srv: SrvValue
  /** Undefined for a target that is not one of our host names. */
  readonly address: string | undefined
  /** The record set that it was read from. */
  readonly set: RecordSet
}

/** What record sets point to. Unparsable values are skipped. */
export const targetsIn = (sets: readonly RecordSet[]): readonly Target[] =>
  sets.flatMap((set) =>
    set.values.flatMap((value) => {
      const srv = parseSrv(value)
      return srv === undefined ? [] : [{ srv, address: addressIn(srv.target), set }]
    }),
  )

/** The hosts inside the zone that record sets point to, by name. */
export const hostsIn = (
  sets: readonly RecordSet[],
  zone: DnsName,
  ipv6Of: (host: DnsName) => string | undefined,
): ReadonlyMap<DnsName, Host> => {
  const hosts = new Map<DnsName, Host>()
  for (const { srv, address } of targetsIn(sets))
    if (address !== undefined && srv.target === hostName(address, zone))
      hosts.set(srv.target, { address, ipv6: ipv6Of(srv.target) })
  return hosts
}

/** The addresses of a name's hosts. Other targets are given as names. */
export const addressesOf = ({ sets, hosts }: SrvService): readonly string[] => [
  ...new Set([
    ...targetsIn(sets).map(({ srv, address }) => address ?? srv.target),
    ...[...hosts.values()].flatMap(({ ipv6 }) => ipv6 ?? []),
  ]),
]

const sameSets = (a: readonly RecordSet[], b: readonly RecordSet[]): boolean => {
  if (a.length !== b.length) return false
  const contents = new Set(a.map(contentOf))
  return b.every((set) => contents.has(contentOf(set)))
}

const sameHosts = (a: SrvService['hosts'], b: SrvService['hosts']): boolean =>
  a.size === b.size && [...a].every(([name, host]) => b.get(name)?.ipv6 === host.ipv6)

const isIntact = ({ held }: SrvService): boolean => held === undefined || (held.certain && held.served)

/** A name that is not intact never equals an intact one, so that it gets repaired. */
export const sameService = (a: SrvService, b: SrvService): boolean =>
  a === b ||
  (a.refusal === b.refusal &&
    isIntact(a) &&
    isIntact(b) &&
    sameSets(a.sets, b.sets) &&
    sameHosts(a.hosts, b.hosts))
