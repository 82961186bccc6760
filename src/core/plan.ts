import * as O from 'fp-ts/lib/Option.js'
import type { Change, Owner, Row, Sink } from './sink.js'

export interface Withheld<V> {
  readonly change: Change<V>
  readonly why:
    /** The record belongs to somebody else, or to nobody and the sink does not adopt. */
    | 'foreign'
    /** Nothing desires it, but we do not know all that is desired. */
    | 'incomplete'
    /** The record leads to a live task of which it can never be known what it offers: see `Desired.unjudged`. */
    | 'unjudged'
    /** The guard: see `Guard`. It waits until snapshots have said it twice. */
    | 'too-much'
    /** The guard, after snapshots have said it twice: the record is emptied, and not deleted. */
    | 'emptied-only'
}

/** What would be done to a target, and what would be but may not: data, to print, to test, to apply. */
export interface Plan<V> {
  readonly changes: readonly Change<V>[]
  readonly withheld: readonly Withheld<V>[]
}

/**
 * The brake against a mistake, of ours or of the API. A plan that takes away what more than `share` of our own records
 * offer, and at least `atLeast` of them, is doubted: records that it would empty or retire stay as they are until
 * newer snapshots of all covered clusters say the same. Then it is true: the records are emptied, or deleted where that
 * is the only way to empty them. A record that a sink can empty (`Sink.emptied`) is not deleted then.
 */
export interface Guard {
  /** Of our own records, 0 to 1. */
  readonly share: number
  readonly atLeast: number
}

/** Half of our own records, when that is ten or more. */
export const defaultGuard: Guard = { share: 0.5, atLeast: 10 }

export interface PlanOptions {
  readonly owner: Owner
  /** Whether `wanted` is all that is desired: see `Desired.complete`. */
  readonly complete: boolean
  /** Default: `defaultGuard`. */
  readonly guard?: Guard | 'off'
  /** Whether snapshots have said twice what the guard doubts. Default: false. */
  readonly confirmed?: boolean
  /** See `Desired.unjudged`. Default: none. */
  readonly unjudged?: ReadonlySet<string>
}

type Retirement<V> = Exclude<Change<V>, { _tag: 'Create' }>

const byKey = <A extends { readonly key: string }>(a: A, b: A): number =>
  a.key === b.key ? 0 : a.key < b.key ? -1 : 1

/** Whether a record may lead to one of these hosts; one that cannot tell may. */
const mayLeadTo = <V>(sink: Pick<Sink<V>, 'hostsOf'>, value: V, hosts: ReadonlySet<string>): boolean =>
  hosts.size > 0 && sink.hostsOf?.(value).some((host) => hosts.has(host)) !== false

/** Whether a change takes away all that a record offers. A sink that cannot tell is not asked to wait. */
const empties = <V>(sink: Pick<Sink<V>, 'hostsOf'>, before: V, after: V): boolean =>
  sink.hostsOf !== undefined && sink.hostsOf(before).length > 0 && sink.hostsOf(after).length === 0

/**
 * | target holds   | wanted, differs          | wanted, same   | not wanted                     |
 * |----------------|--------------------------|----------------|--------------------------------|
 * | nothing        | create                   | –              | –                              |
 * | ours           | update                   | –              | retire if complete, else withhold |
 * | nobody's       | update if adopting, else withhold | adopt, or – | –                          |
 * | another's      | withhold                 | –              | –                              |
 *
 * The last word has the owner: whatever went wrong before, a foreign record cannot leave this function as a change.
 */
export const plan = <V>(
  sink: Pick<Sink<V>, 'eq' | 'adopts' | 'retire' | 'hostsOf' | 'emptied'>,
  wanted: ReadonlyMap<string, V>,
  rows: Iterable<Row<V>>,
  { owner, complete, guard = defaultGuard, confirmed = false, unjudged = new Set() }: PlanOptions,
): Plan<V> => {
  const changes: Change<V>[] = []
  const withheld: Withheld<V>[] = []
  const retired: Retirement<V>[] = []
  const emptied: Change<V>[] = []
  const held = new Set<string>()
  let own = 0

  for (const row of rows) {
    const { key } = row
    held.add(key)
    const after = wanted.get(key)
    const ours = O.isSome(row.owner) && row.owner.value === owner
    if (ours) own++
    if (after === undefined) {
      if (!ours) continue
      const rest = sink.retire(row.value)
      if (mayLeadTo(sink, row.value, unjudged))
        withheld.push({ change: { _tag: 'Delete', key, before: row }, why: 'unjudged' })
      else if (O.isNone(rest)) retired.push({ _tag: 'Delete', key, before: row })
      else if (!sink.eq.equals(row.value, rest.value))
        retired.push({ _tag: 'Update', key, before: row, after: rest.value })
      continue
    }
    const same = row.value === after || sink.eq.equals(row.value, after)
    const change: Change<V> = { _tag: 'Update', key, before: row, after }
    if (ours || (O.isNone(row.owner) && sink.adopts)) {
      if (ours && !same && empties(sink, row.value, after)) emptied.push(change)
      else if (!ours || !same) changes.push(change)
    } else if (!same) withheld.push({ change, why: 'foreign' })
  }
  for (const [key, after] of wanted) if (!held.has(key)) changes.push({ _tag: 'Create', key, after })

  const lost = emptied.length + (complete ? retired.length : 0)
  const tooMuch = guard !== 'off' && lost >= guard.atLeast && lost > guard.share * own
  const doubted = tooMuch && !confirmed
  for (const change of emptied)
    if (doubted) withheld.push({ change, why: 'too-much' })
    else changes.push(change)
  for (const change of retired) {
    const after = tooMuch && change._tag === 'Delete' ? sink.emptied?.(change.before.value) : undefined
    if (!complete) withheld.push({ change, why: 'incomplete' })
    else if (doubted) withheld.push({ change, why: 'too-much' })
    else if (after === undefined) changes.push(change)
    else {
      withheld.push({ change, why: 'emptied-only' })
      if (!sink.eq.equals(change.before.value, after))
        changes.push({ _tag: 'Update', key: change.key, before: change.before, after })
    }
  }

  return {
    changes: changes.sort(byKey),
    withheld: withheld.sort((a, b) => byKey(a.change, b.change)),
  }
}
