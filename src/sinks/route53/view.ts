/** Interprets the record sets of a zone. Pure. */
import { createHash } from 'node:crypto'
import type { DnsName } from './dns-name.js'
import type { Owner, Row } from '../../core/sink.js'
import { digestIn, digestOf, ownerIn, ownershipName, userOf } from './ownership.js'
import { addressIn, hostName } from './host-name.js'
import { HostTable } from './host-table.js'
import { contentOf, type RecordSet } from './record-set.js'
import { hostsIn, type SrvService } from './service.js'
import { hostsOfEcssd, isOfEcssd, isOfOurs } from './record-layout.js'

export interface ViewOptions {
  /** The zone's name. */
  readonly zone: DnsName
  /** Whether to adopt records of ecssd once they are desired. */
  readonly adopt: boolean
}

/** The SRV records of one name, and its ownership record. */
export interface NameRecords {
  readonly name: DnsName
  readonly services: readonly RecordSet[]
  readonly ownership: RecordSet | undefined
}

const etagOf = (sets: readonly RecordSet[]): string =>
  createHash('sha256').update(sets.map(contentOf).sort().join('\n')).digest('base64url')

const ownerOf = (
  { services, ownership }: NameRecords,
  adopt: boolean,
  isOurs: (set: RecordSet) => boolean,
): Owner | undefined => {
  if (ownership !== undefined) return ownerIn(ownership)
  // A name without an owner is adopted as a whole or not at all, and only if all of its records are ecssd's.
  return !adopt || services.every((set) => isOurs(set) && isOfEcssd(set))
    ? undefined
    : 'unknown owner (records not as ecssd writes them)'
}

/** The row for a name; none if it has neither SRV records nor an ownership record. */
export const rowOf = (
  records: NameRecords,
  hosts: HostTable,
  { zone, adopt }: ViewOptions,
): Row<SrvService> | undefined => {
  const { name, services, ownership } = records
  if (services.length === 0 && ownership === undefined) return undefined
  const isOurs = (set: RecordSet): boolean => isOfOurs(set, zone) || (adopt && isOfEcssd(set))
  const sets = services.filter(isOurs)
  const owner = ownerOf(records, adopt, isOurs)
  const found = hostsIn(sets, zone, (host) => hosts.ipv6Of(host))
  const user = ownership === undefined ? undefined : userOf(ownerIn(ownership), name)
  const served =
    user === undefined ||
    ([...found.keys()].every((host) => hosts.serves(host, user)) &&
      hosts.usedBy(user).every((host) => found.has(host.name)))
  const certain =
    ownership === undefined || digestIn(ownership) === digestOf(services.filter((set) => isOfOurs(set, zone)))
  const value: SrvService = {
    name,
    sets,
    hosts: found,
    held: { ownership, others: services.filter((set) => !isOurs(set)), certain, served },
    refusal: undefined,
  }
  return {
    key: name,
    value,
    owner,
    etag: etagOf(ownership === undefined ? sets : [...sets, ownership]),
  }
}

const push = <K, A>(map: Map<K, A[]>, key: K, value: A): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** The rows and hosts of a zone, from all its record sets. */
export const zoneView = (
  sets: readonly RecordSet[],
  options: ViewOptions,
): { readonly rows: readonly Row<SrvService>[]; readonly hosts: HostTable } => {
  const services = new Map<string, RecordSet[]>()
  const addresses = new Map<string, RecordSet[]>()
  const ownershipRecords = new Map<string, RecordSet>()
  for (const set of sets) {
    if (set.type === 'SRV') push(services, set.name, set)
    else if (set.type === 'A' || set.type === 'AAAA') push(addresses, set.name, set)
    // If there are several with identifiers, any will do: they are not ours.
    else if (set.type === 'TXT') ownershipRecords.set(set.name, set)
  }

  const hosts = new HostTable()
  for (const name of new Set([...addresses.keys(), ...ownershipRecords.keys()])) {
    const address = addressIn(name)
    if (address === undefined || name !== hostName(address, options.zone)) continue
    const ownership = ownershipRecords.get(name)
    hosts.set({ name, address, sets: addresses.get(name) ?? [], ownership })
  }

  for (const [name, held] of services)
    for (const host of hostsOfEcssd(held, options.zone).keys()) hosts.lead(host, name)

  const owned = [...ownershipRecords.keys()].flatMap((name) => /^srv-(.+)$/.exec(name)?.[1] ?? [])
  const rows = [...new Set([...services.keys(), ...owned])].flatMap((name) => {
    const records = {
      name,
      services: services.get(name) ?? [],
      ownership: ownershipRecords.get(ownershipName(name)),
    }
    const row = rowOf(records, hosts, options)
    return row ?? []
  })
  return { rows, hosts }
}
