/** A name's SRV records: what they are and what they should be. Pure. */
import type { DnsName } from './dns-name.js'
import { addressIn, hostName } from './host-name.js'
import { contentOf, parseSrv, type RecordSet, type SrvValue } from './record-set.js'

/** A host that a name leads to, whose address records are in the zone too. */
export interface Host {
  /** Canonical. */
  readonly address: string
  /** Of a host whose `address` is of version 4, where it is known. */
  readonly ipv6: string | undefined
}

export interface SrvService {
  /** Whole: `_calc._tcp.<zone>`. */
  readonly name: DnsName
  /** Ours to write: as they were read, or as they should be. */
  readonly sets: readonly RecordSet[]
  /** By name: those that `sets` lead to. */
  readonly hosts: ReadonlyMap<DnsName, Host>
  /** What a write is conditional on. Absent in what is only wanted. */
  readonly held: Held | undefined
  /** Why it cannot be in the DNS. Only of what is wanted. */
  readonly refusal: string | undefined
}

export interface Held {
  /** The TXT record that says whose it is. */
  readonly mark: RecordSet | undefined
  /** SRV records at the name that are not ours to write, whoever owns it. */
  readonly others: readonly RecordSet[]
  /**
   * Whether the mark speaks of these very records. Not so when somebody changed them without it, or some of us while
   * they were being read: what is between two pages of a zone is not of one moment.
   */
  readonly certain: boolean
  /** Whether each host that it leads to has the right addresses and knows of it, and no other does. */
  readonly served: boolean
}

/** A value of an SRV record, and where it leads. */
export interface Target {
  readonly srv: SrvValue
  /** Undefined for a target that somebody named by himself. */
  readonly address: string | undefined
  /** The record set that it was read from. */
  readonly set: RecordSet
}

/** Where record sets lead. Values that cannot be read are left out. */
export const targetsIn = (sets: readonly RecordSet[]): readonly Target[] =>
  sets.flatMap((set) =>
    set.values.flatMap((value) => {
      const srv = parseSrv(value)
      return srv === undefined ? [] : [{ srv, address: addressIn(srv.target), set }]
    }),
  )

/** By name, the hosts inside the zone that record sets lead to. */
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

/** The addresses of the hosts that a name leads to. Targets that somebody named by himself are left as names. */
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

/** A name that is not intact is never the same as one that is, so that it is repaired. */
export const sameService = (a: SrvService, b: SrvService): boolean =>
  a === b ||
  (a.refusal === b.refusal &&
    isIntact(a) &&
    isIntact(b) &&
    sameSets(a.sets, b.sets) &&
    sameHosts(a.hosts, b.hosts))
