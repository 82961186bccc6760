/** Changes of names as batches that Route 53 takes. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import type { DnsName } from './dns-name.js'
import type { User } from './ownership.js'
import { type HostRecords, revisedHost, usersOf } from './host.js'
import type { HostTable } from './host-table.js'
import type { RecordSetChange } from './record-set.js'

/** That a name begins or ends to use a host. */
export interface HostUse {
  readonly host: DnsName
  readonly address: string
  readonly ipv6: string | undefined
  readonly user: User
  readonly begins: boolean
  /** Whether the name leads there now, as far as we know. */
  readonly leads: boolean
  /** The name, where a record of ecssd led from it to the host, and no longer does. */
  readonly leaves?: DnsName | undefined
}

/** What must be made at once, or not at all. */
export interface Step {
  readonly records: readonly RecordSetChange[]
  readonly uses: readonly HostUse[]
}

export interface Batch {
  readonly changes: readonly RecordSetChange[]
  /** The hosts that it touches, as they are when it is made. */
  readonly hosts: readonly HostRecords[]
  /** Which names lead no longer to which hosts by a record of ecssd. */
  readonly left: readonly { readonly host: DnsName; readonly name: DnsName }[]
}

export interface HostOptions {
  /** Seconds. */
  readonly ttl: number
  /** Whether hosts of ecssd become ours. */
  readonly adopt: boolean
}

/** What Route 53 takes in one request: ResourceRecord elements, and characters in their values. */
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

/** Steps that are made together: what they want of a host becomes one change of it. Or why they cannot be. */
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
    // Where a host does not know what its name does, one of them was read too early: let Route 53 say.
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
  // What replaces something comes after what it replaces.
  const order = { DELETE: 0, CREATE: 1 }
  return E.right({ changes: changes.sort((a, b) => order[a.action] - order[b.action]), hosts, left })
}

export const added = (a: BatchSize, b: BatchSize): BatchSize => ({
  values: a.values + b.values,
  characters: a.characters + b.characters,
})

/**
 * Puts things together as long as they fit, in their order. What steps want of one host is less together than one by
 * one, so the sum of their sizes is enough.
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
