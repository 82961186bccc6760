/** Combines changes of names into batches that Route 53 accepts. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import type { DnsName } from './dns-name.js'
import type { User } from './ownership.js'
import { type HostRecords, revisedHost, usersOf } from './host.js'
import type { HostTable } from './host-table.js'
import type { RecordSetChange } from './record-set.js'

/** A name starts or stops using a host. */
export interface HostUse {
  readonly host: DnsName
  readonly address: string
  readonly ipv6: string | undefined
  readonly user: User
  readonly begins: boolean
  /** Whether the name points to the host now, as far as we know. */
  readonly leads: boolean
  /** The name, if a record of ecssd pointed from it to the host and no longer does. */
  readonly leaves?: DnsName | undefined
}

/** Changes that must be made together or not at all. */
export interface Step {
  readonly records: readonly RecordSetChange[]
  readonly uses: readonly HostUse[]
}

export interface Batch {
  readonly changes: readonly RecordSetChange[]
  /** The hosts that the step touches, as they are when it is made. */
  readonly hosts: readonly HostRecords[]
  /** Names whose ecssd records no longer point to a host, by host. */
  readonly left: readonly { readonly host: DnsName; readonly name: DnsName }[]
}

export interface HostOptions {
  /** TTL in seconds. */
  readonly ttl: number
  /** Whether to adopt hosts of ecssd. */
  readonly adopt: boolean
}

/** Route 53's limits per request: ResourceRecord elements, and characters in their values. */
export const batchLimits = { values: 1000, characters: 32_000 }

export interface BatchSize {
  readonly values: number
  readonly characters: number
}

export const sizeOf = (changes: readonly RecordSetChange[]): BatchSize => {
  let [values, characters] = [0, 0]
  for (const { set } of changes)
    for (const { Value = '' } of set.raw.ResourceRecords ?? []) {
      values++
      characters += Value.length
    }
  return { values, characters }
}

export const fits = ({ values, characters }: BatchSize): boolean =>
  values <= batchLimits.values && characters <= batchLimits.characters

/**
 * Merges steps into one batch: all their uses of a host become one change of that host. Returns the reason if that is
 * impossible.
 */
export const batchOf = (
  steps: readonly Step[],
  table: HostTable,
  options: HostOptions,
): E.Either<string, Batch> => {
  const byHost = new Map<DnsName, HostUse[]>()
  for (const { uses } of steps)
    for (const use of uses) {
      const others = byHost.get(use.host)
      if (others === undefined) byHost.set(use.host, [use])
      else others.push(use)
    }
  const changes = steps.flatMap(({ records }) => records)
  const hosts: HostRecords[] = []
  const left: { readonly host: DnsName; readonly name: DnsName }[] = []
  for (const [name, uses] of byHost) {
    const [{ address } = { address: '' }] = uses
    const named = (begins: boolean): ReadonlySet<User> =>
      new Set(uses.filter((use) => use.begins === begins).map(({ user }) => user))
    const ipv6 = uses.find((use) => use.ipv6 !== undefined)?.ipv6
    const host = table.get(name, address)
    // The host does not list the name that uses it, so one of them was read too early: let Route 53 decide.
    const users = usersOf(host)
    const compare = uses.some(({ user, leads }) => users?.has(user) !== leads)
    const leaving = new Set(uses.flatMap(({ leaves }) => leaves ?? []))
    const abandoned = leaving.size > 0 && table.isLeftBy(name, leaving)
    const revision = { begin: named(true), end: named(false), ipv6, compare, abandoned }
    const revised = revisedHost(host, revision, options)
    if (E.isLeft(revised)) return revised
    changes.push(...revised.right.changes)
    hosts.push(revised.right.after)
    for (const leaver of leaving) left.push({ host: name, name: leaver })
  }
  // A replacement must come after what it replaces.
  const order = { DELETE: 0, CREATE: 1 }
  return E.right({ changes: changes.sort((a, b) => order[a.action] - order[b.action]), hosts, left })
}

export const added = (a: BatchSize, b: BatchSize): BatchSize => ({
  values: a.values + b.values,
  characters: a.characters + b.characters,
})

/**
 * Groups steps in order, as many per group as fit. Merging uses of one host only makes them smaller, so the sum of the
 * steps' sizes is an upper bound.
 */
export const packed = <A extends { readonly size: BatchSize }>(
  things: readonly A[],
): readonly (readonly A[])[] => {
  const groups: A[][] = []
  let sum: BatchSize = { values: 0, characters: 0 }
  for (const thing of things) {
    const last = groups.at(-1)
    const next = added(sum, thing.size)
    if (last !== undefined && fits(next)) {
      last.push(thing)
      sum = next
    } else {
      groups.push([thing])
      sum = thing.size
    }
  }
  return groups
}
