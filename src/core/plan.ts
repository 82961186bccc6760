import type { Change, Owner, Row, Sink } from './sink.js'

export interface Skipped<V> {
  readonly change: Change<V>
  readonly why:
    /** The record belongs to another owner, or to none and the sink does not adopt. */
    | 'foreign'
    /** The record is not desired, but the desired state is incomplete. */
    | 'incomplete'
    /** The record points to a live task whose backend names can never be known: see `Desired.unjudged`. */
    | 'unjudged'
    /** The prune guard (see `PruneGuard`) waits until newer snapshots confirm it. */
    | 'too-much'
    /** The prune guard, after newer snapshots have confirmed it: the record is emptied instead of deleted. */
    | 'emptied-only'
}

/** The changes to a target, and the changes that are skipped, as data: to print, to test, to apply. */
export interface Plan<V> {
  readonly changes: readonly Change<V>[]
  readonly skipped: readonly Skipped<V>[]
}

/**
 * A safeguard against mistakes of this library or of AWS's API. If a plan would empty or prune more than `share` of the
 * owned records, and at least `atLeast` of them, these records stay as they are until newer snapshots of all covered
 * clusters confirm the plan. Then the records are emptied, or deleted if the sink cannot empty them (`Sink.emptied`).
 */
export interface PruneGuard {
  /** Share of the owned records, 0 to 1. */
  readonly share: number
  readonly atLeast: number
}

/** Half of the owned records, and at least ten. */
export const defaultPruneGuard: PruneGuard = { share: 0.5, atLeast: 10 }

export interface PlanOptions {
  readonly owner: Owner
  /** Whether `wanted` is the complete desired state: see `Desired.complete`. */
  readonly complete: boolean
  /** Default: `defaultPruneGuard`. */
  readonly pruneGuard?: PruneGuard | 'off'
  /** Whether newer snapshots have confirmed what the prune guard doubts. Default: false. */
  readonly confirmed?: boolean
  /** See `Desired.unjudged`. Default: none. */
  readonly unjudged?: ReadonlySet<string>
}

type Pruning<V> = Exclude<Change<V>, { _tag: 'Create' }>

const byKey = <A extends { readonly key: string }>(a: A, b: A): number =>
  a.key === b.key ? 0 : a.key < b.key ? -1 : 1

/** Whether a record may point to one of these hosts. True if the sink cannot tell. */
const mayLeadTo = <V>(sink: Pick<Sink<V>, 'hostsOf'>, value: V, hosts: ReadonlySet<string>): boolean =>
  hosts.size > 0 && sink.hostsOf?.(value).some((host) => hosts.has(host)) !== false

/** Whether a change removes all hosts of a record. False if the sink cannot tell. */
const empties = <V>(sink: Pick<Sink<V>, 'hostsOf'>, before: V, after: V): boolean =>
  sink.hostsOf !== undefined && sink.hostsOf(before).length > 0 && sink.hostsOf(after).length === 0

/**
 * | target holds   | wanted, differs          | wanted, same   | not wanted                     |
 * |----------------|--------------------------|----------------|--------------------------------|
 * | nothing        | create                   | –              | –                              |
 * | ours           | update                   | –              | prune if complete, else skip |
 * | without owner  | update if adopting, else skip | adopt, or – | –                          |
 * | another's      | skip                 | –              | –                              |
 *
 * Ownership is checked here, whatever went wrong before: a foreign record never becomes a change.
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
