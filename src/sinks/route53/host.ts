/** The address records of a host, and the names that use it. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import { isIPv4 } from 'node:net'
import type { DnsName } from './dns-name.js'
import { formatUsers, ownershipTtl, type User, usersIn } from './ownership.js'
import { canonicalAddress } from './host-name.js'
import { contentOf, newRecordSet, type RecordSet, type RecordSetChange } from './record-set.js'

/**
 * A host as the zone has it. Names of several owners may point to it, so it belongs to all of them together. Its
 * ownership record lists the names that use it. Each batch that makes a name start or stop using the host updates that
 * record, and the last user to stop deletes the address records. Writes are conditional on the ownership record, so
 * when one name starts and another stops at the same time, one batch fails and is planned again.
 */
export interface HostRecords {
  readonly name: DnsName
  /** The address that `name` encodes. */
  readonly address: string
  /** The A and AAAA records at `name`. */
  readonly sets: readonly RecordSet[]
  readonly ownership: RecordSet | undefined
}

export interface HostRevision {
  readonly begin: ReadonlySet<User>
  readonly end: ReadonlySet<User>
  /** An AAAA record to write beside an IPv4 address. None: keep what is there. */
  readonly ipv6: string | undefined
  /** Whether the write is conditional on the ownership record even if nothing in it changes. */
  readonly compare: boolean
  /** Whether names stop pointing to the host by records of ecssd, and no other name does. Default: false. */
  readonly abandoned?: boolean
}

export interface RevisedHost {
  readonly changes: readonly RecordSetChange[]
  readonly after: HostRecords
}

export const unknownHost = (name: DnsName, address: string): HostRecords => ({
  name,
  address,
  sets: [],
  ownership: undefined,
})

export const usersOf = ({ ownership }: HostRecords): ReadonlySet<User> | undefined =>
  ownership === undefined ? undefined : usersIn(ownership)

const typeOf = (address: string): 'A' | 'AAAA' => (isIPv4(address) ? 'A' : 'AAAA')

const leadsTo = (set: RecordSet, address: string): boolean =>
  set.values.length === 1 && set.values.every((value) => canonicalAddress(value) === address)

/** Whether the name resolves to its address and to no other of the same IP version. */
export const leadsHome = ({ sets, address }: HostRecords): boolean => {
  const ofVersion = sets.filter(({ type }) => type === typeOf(address))
  return ofVersion.length > 0 && ofVersion.every((set) => leadsTo(set, address))
}

/** The host's IPv6 address besides its IPv4 one; undefined unless it is unambiguous. */
export const ipv6Of = ({ sets, address }: HostRecords): string | undefined => {
  const [set, another] = isIPv4(address) ? sets.filter(({ type }) => type === 'AAAA') : []
  const [value, more] = set?.values ?? []
  return another === undefined && value !== undefined && more === undefined
    ? canonicalAddress(value)
    : undefined
}

/** Whether a record set is as ecssd writes it: weighted, with the host's full EC2 name as its identifier. */
const isOfEcssd = ({ name, address, sets }: HostRecords): boolean =>
  sets.length > 0 &&
  sets.every(
    (set) =>
      set.type === 'A' &&
      set.weight === 1 &&
      leadsTo(set, address) &&
      set.identifier?.toLowerCase().split('.', 1)[0] === name.split('.', 1)[0],
  )

const changesOf = (held: readonly RecordSet[], wanted: readonly RecordSet[]): readonly RecordSetChange[] => [
  ...held.filter((set) => !wanted.includes(set)).map((set) => ({ action: 'DELETE', set }) as const),
  ...wanted.filter((set) => !held.includes(set)).map((set) => ({ action: 'CREATE', set }) as const),
]

/**
 * The changes that make a host used or unused. A host of another owner that resolves correctly is used as it is; one
 * that does not is an error, returned as text. `adopt`: hosts of ecssd become owned by this worker and are deleted with
 * their last use, since ecssd's agent died with its machine.
 */
export const revisedHost = (
  host: HostRecords,
  { begin, end, ipv6, compare, abandoned = false }: HostRevision,
  { ttl, adopt }: { readonly ttl: number; readonly adopt: boolean },
): E.Either<string, RevisedHost> => {
  const { name, address, sets, ownership } = host
  const before = usersOf(host)
  const free = ownership === undefined && (sets.length === 0 || (adopt && isOfEcssd(host)))
  if (before === undefined && !free)
    return begin.size === 0 || leadsHome(host)
      ? E.right({ changes: [], after: host })
      : E.left(
          `${name} must resolve to ${address} but does not, and this worker does not own it: delete its records, or let them point to that address`,
        )
  const users = new Set([...(before ?? []), ...begin].filter((user) => !end.has(user)))
  if (users.size === 0) {
    if (before === undefined && !(abandoned && free)) return E.right({ changes: [], after: host })
    const gone = ownership === undefined ? sets : [...sets, ownership]
    return E.right({ changes: changesOf(gone, []), after: unknownHost(name, address) })
  }

  const held = (type: 'A' | 'AAAA', to: string): RecordSet =>
    sets.find((set) => set.type === type && set.identifier === undefined && leadsTo(set, to)) ??
    newRecordSet({ name, type, ttl, values: [to] })
  const second = typeOf(address) === 'A' ? (ipv6 ?? ipv6Of(host)) : undefined
  const after = [held(typeOf(address), address), ...(second === undefined ? [] : [held('AAAA', second)])]
  const text = formatUsers(users, ownership)
  const nextOwnership = newRecordSet({
    name: name,
    type: 'TXT',
    ttl: ownershipTtl,
    values: [text],
  })
  const records = changesOf(sets, after)
  if (ownership === undefined)
    return E.right({
      changes: [...records, { action: 'CREATE', set: nextOwnership }],
      after: { ...host, sets: after, ownership: nextOwnership },
    })
  const same = contentOf(ownership) === contentOf(nextOwnership)
  if (same && records.length === 0 && !compare) return E.right({ changes: [], after: host })
  // Written even if unchanged: the write is conditional on all we know of the host.
  const next = same ? ownership : nextOwnership
  return E.right({
    changes: [...records, { action: 'DELETE', set: ownership }, { action: 'CREATE', set: next }],
    after: { ...host, sets: after, ownership: next },
  })
}
