/** The address records of a host, and who uses them. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import { isIPv4 } from 'node:net'
import type { DnsName } from './dns-name.js'
import { formatUsers, markTtl, type User, usersIn } from './ownership.js'
import { canonicalAddress } from './host-name.js'
import { contentOf, newRecordSet, type RecordSet, type RecordSetChange } from './record-set.js'

/**
 * A host as the zone has it. Names of several owners may lead to it, so it belongs to all of them together: its mark
 * says which names use it, each batch that lets a name begin or end to lead there says so in the mark, and who ends
 * the last use takes the records away. The mark is compared and swapped, so of two that begin and end at once, one
 * finds that it knew too little.
 */
export interface HostRecords {
  readonly name: DnsName
  /** What `name` says. */
  readonly address: string
  /** The A and AAAA records at `name`. */
  readonly sets: readonly RecordSet[]
  readonly mark: RecordSet | undefined
}

export interface HostRevision {
  readonly begin: ReadonlySet<User>
  readonly end: ReadonlySet<User>
  /** To be written beside an address of version 4. None: what is there stays. */
  readonly ipv6: string | undefined
  /** Whether the mark is compared also where nothing of it changes. */
  readonly compare: boolean
  /** Whether names that ecssd had leading there do so no more, and no other name does. Default: false. */
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
  mark: undefined,
})

export const usersOf = ({ mark }: HostRecords): ReadonlySet<User> | undefined =>
  mark === undefined ? undefined : usersIn(mark)

const typeOf = (address: string): 'A' | 'AAAA' => (isIPv4(address) ? 'A' : 'AAAA')

const leadsTo = (set: RecordSet, address: string): boolean =>
  set.values.length === 1 && set.values.every((value) => canonicalAddress(value) === address)

/** Whether the name resolves to its address and, in that version, to no other. */
export const leadsHome = ({ sets, address }: HostRecords): boolean => {
  const ofVersion = sets.filter(({ type }) => type === typeOf(address))
  return ofVersion.length > 0 && ofVersion.every((set) => leadsTo(set, address))
}

/** The host's other address, of version 6; undefined unless it is plain to see. */
export const ipv6Of = ({ sets, address }: HostRecords): string | undefined => {
  const [set, another] = isIPv4(address) ? sets.filter(({ type }) => type === 'AAAA') : []
  const [value, more] = set?.values ?? []
  return another === undefined && value !== undefined && more === undefined
    ? canonicalAddress(value)
    : undefined
}

/** As ecssd writes it: weighted, with the host's full name in that of EC2 as its identifier. */
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
 * What is to be written so that a host is used, or no longer is. A host of somebody else's that leads where it should
 * is used as it is; one that leads elsewhere is told in words. `adopt`: those of ecssd become ours, and go when they are
 * abandoned: its agent died with its machine.
 */
export const revisedHost = (
  host: HostRecords,
  { begin, end, ipv6, compare, abandoned = false }: HostRevision,
  { ttl, adopt }: { readonly ttl: number; readonly adopt: boolean },
): E.Either<string, RevisedHost> => {
  const { name, address, sets, mark } = host
  const before = usersOf(host)
  const free = mark === undefined && (sets.length === 0 || (adopt && isOfEcssd(host)))
  if (before === undefined && !free)
    return begin.size === 0 || leadsHome(host)
      ? E.right({ changes: [], after: host })
      : E.left(
          `${name} should be ${address} and is not, and it is not ours to change: delete what is there, or let it lead there`,
        )
  const users = new Set([...(before ?? []), ...begin].filter((user) => !end.has(user)))
  if (users.size === 0) {
    if (before === undefined && !(abandoned && free)) return E.right({ changes: [], after: host })
    const gone = mark === undefined ? sets : [...sets, mark]
    return E.right({ changes: changesOf(gone, []), after: unknownHost(name, address) })
  }

  const held = (type: 'A' | 'AAAA', to: string): RecordSet =>
    sets.find((set) => set.type === type && set.identifier === undefined && leadsTo(set, to)) ??
    newRecordSet({ name, type, ttl, values: [to] })
  const second = typeOf(address) === 'A' ? (ipv6 ?? ipv6Of(host)) : undefined
  const after = [held(typeOf(address), address), ...(second === undefined ? [] : [held('AAAA', second)])]
  const text = formatUsers(users, mark)
  const marked = newRecordSet({
    name: name,
    type: 'TXT',
    ttl: markTtl,
    values: [text],
  })
  const records = changesOf(sets, after)
  if (mark === undefined)
    return E.right({
      changes: [...records, { action: 'CREATE', set: marked }],
      after: { ...host, sets: after, mark: marked },
    })
  const same = contentOf(mark) === contentOf(marked)
  if (same && records.length === 0 && !compare) return E.right({ changes: [], after: host })
  // Also where it says the same as before: it stands for all that we know of the host.
  const next = same ? mark : marked
  return E.right({
    changes: [...records, { action: 'DELETE', set: mark }, { action: 'CREATE', set: next }],
    after: { ...host, sets: after, mark: next },
  })
}
