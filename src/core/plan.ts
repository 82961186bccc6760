import type { Change, Owner, Row, Sink } from './sink.js'

export interface Skipped<V> {
  readonly change: Change<V>
  readonly why:
    /** The record belongs to somebody else, or to nobody and the sink does not adopt. */
    | 'foreign'
    /** Nothing desires it, but we do not know all that is desired. */
    | 'incomplete'
    /** The record leads to a live task of which it can never be known what it offers: see `Desired.unjudged`. */
    | 'unjudged'
    /** The prune guard: see `Guard`. It waits until snapshots have said it twice. */
    | 'too-much'
    /** The prune guard, after snapshots have said it twice: the record is emptied, and not deleted. */
    | 'emptied-only'
}

/** What would be done to a target, and what would be but may not: data, to print, to test, to apply. */
export interface Plan<V> {
  readonly changes: readonly Change<V>[]
  readonly skipped: readonly Skipped<V>[]
}

/**
 * The brake against a mistake, of ours or of the API. A plan that takes away what more than `share` of our own records
 * offer, and at least `atLeast` of them, is doubted: records that it would empty or prune stay as they are until
 * newer snapshots of all covered clusters say the same. Then it is true: the records are emptied, or deleted where that
 * is the only way to empty them. A record that a sink can empty (`Sink.emptied`) is not deleted then.
 */
export interface PruneGuard {
  /** Of our own records, 0 to 1. */
  readonly share: number
  readonly atLeast: number
}

/** Half of our own records, when that is ten or more. */
export const defaultPruneGuard: PruneGuard = { share: 0.5, atLeast: 10 }

export interface PlanOptions {
  readonly owner: Owner
  /** Whether `wanted` is all that is desired: see `Desired.complete`. */
  readonly complete: boolean
  /** Default: `defaultPruneGuard`. */
  readonly pruneGuard?: PruneGuard | 'off'
  /** Whether snapshots have said twice what the prune guard doubts. Default: false. */
  readonly confirmed?: boolean
  /** See `Desired.unjudged`. Default: none. */
  readonly unjudged?: ReadonlySet<string>
}

type Pruning<V> = Exclude<Change<V>, { _tag: 'Create' }>

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
 * | ours           | update                   | –              | prune if complete, else skip |
 * | nobody's       | update if adopting, else skip | adopt, or – | –                          |
 * | another's      | skip                 | –              | –                              |
 *
 * The last word has the owner: whatever went wrong before, a foreign record cannot leave this function as a change.
 */
export const plan = <V>(
  sink: Pick<Sink<V>, 'equals' | 'adopt' | 'prune' | 'hostsOf' | 'emptied'>,
  wanted: ReadonlyMap<string, V>,
  rows: Iterable<Row<V>>,
  { owner, complete, pruneGuard = defaultPruneGuard, confirmed = false, unjudged = new Set() }: PlanOptions,
): Plan<V> => {
  const changes: Change<V>[] = []
  const skipped: Skipped<V>[] = []
  const pruned: Pruning<V>[] = []
  const emptied: Change<V>[] = []
  const held = new Set<string>()
  let own = 0

  for (const row of rows) {
    const { key } = row
    held.add(key)
    const after = wanted.get(key)
    const ours = row.owner === owner
    if (ours) own++
    if (after === undefined) {
      if (!ours) continue
      const rest = sink.prune(row.value)
      if (mayLeadTo(sink, row.value, unjudged))
        skipped.push({ change: { _tag: 'Delete', key, before: row }, why: 'unjudged' })
      else if (rest === undefined) pruned.push({ _tag: 'Delete', key, before: row })
      else if (!sink.equals(row.value, rest)) pruned.push({ _tag: 'Update', key, before: row, after: rest })
      continue
    }
    const same = row.value === after || sink.equals(row.value, after)
    const change: Change<V> = { _tag: 'Update', key, before: row, after }
    if (ours || (row.owner === undefined && sink.adopt)) {
      if (ours && !same && empties(sink, row.value, after)) emptied.push(change)
      else if (!ours || !same) changes.push(change)
    } else if (!same) skipped.push({ change, why: 'foreign' })
  }
  for (const [key, after] of wanted) if (!held.has(key)) changes.push({ _tag: 'Create', key, after })

  const lost = emptied.length + (complete ? pruned.length : 0)
  const tooMuch = pruneGuard !== 'off' && lost >= pruneGuard.atLeast && lost > pruneGuard.share * own
  const doubted = tooMuch && !confirmed
  for (const change of emptied)
    if (doubted) skipped.push({ change, why: 'too-much' })
    else changes.push(change)
  for (const change of pruned) {
    const after = tooMuch && change._tag === 'Delete' ? sink.emptied?.(change.before.value) : undefined
    if (!complete) skipped.push({ change, why: 'incomplete' })
    else if (doubted) skipped.push({ change, why: 'too-much' })
    else if (after === undefined) changes.push(change)
    else {
      skipped.push({ change, why: 'emptied-only' })
      if (!sink.equals(change.before.value, after))
        changes.push({ _tag: 'Update', key: change.key, before: change.before, after })
    }
  }

  return {
    changes: changes.sort(byKey),
    skipped: skipped.sort((a, b) => byKey(a.change, b.change)),
  }
}
