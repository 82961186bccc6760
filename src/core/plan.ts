import type { Change, Owner, Row, Sink } from './sink.js'
import { type Pruning, type Verdict, verdictOf } from './verdict.js'

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

/** Each list has a key once. */
const byKey = <A extends { readonly key: string }>(a: A, b: A): number => (a.key < b.key ? -1 : 1)

/**
 * The plan that follows from the verdicts on all records. `own`: the number of records in the target that belong to the
 * owner. Costs the verdicts, not the records.
 */
export const planOf = <V>(
  sink: Pick<Sink<V>, 'equals' | 'emptied'>,
  verdicts: Iterable<Verdict<V>>,
  own: number,
  { complete, pruneGuard = defaultPruneGuard, confirmed = false }: Omit<PlanOptions, 'owner' | 'unjudged'>,
): Plan<V> => {
  const changes: Change<V>[] = []
  const skipped: Skipped<V>[] = []
  const pruned: Pruning<V>[] = []
  const emptied: Change<V>[] = []
  for (const verdict of verdicts)
    switch (verdict._tag) {
      case 'Change':
        changes.push(verdict.change)
        break
      case 'Emptying':
        emptied.push(verdict.change)
        break
      case 'Pruning':
        pruned.push(verdict.change)
        break
      case 'Skip':
        skipped.push({ change: verdict.change, why: verdict.why })
    }

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

/** The plan for a target with these records, from scratch. `wanted`: the desired values, by key. */
export const plan = <V>(
  sink: Pick<Sink<V>, 'equals' | 'adopt' | 'prune' | 'hostsOf' | 'emptied'>,
  wanted: ReadonlyMap<string, V>,
  rows: Iterable<Row<V>>,
  { owner, unjudged = new Set(), ...options }: PlanOptions,
): Plan<V> => {
  const held = new Map(Array.from(rows, (row) => [row.key, row]))
  const verdicts: Verdict<V>[] = []
  let own = 0
  for (const key of new Set([...held.keys(), ...wanted.keys()])) {
    const row = held.get(key)
    if (row?.owner === owner) own++
    const verdict = verdictOf(sink, key, row, wanted.get(key), { owner, unjudged })
    if (verdict !== undefined) verdicts.push(verdict)
  }
  return planOf(sink, verdicts, own, options)
}
