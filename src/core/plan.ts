import * as O from 'fp-ts/lib/Option.js'
import type { Change, Owner, Row, Sink } from './sink.js'

export interface Withheld<V> {
  readonly change: Change<V>
  readonly why:
    /** The record belongs to somebody else, or to nobody and the sink does not adopt. */
    | 'foreign'
    /** Nothing desires it, but we do not know all that is desired. */
    | 'incomplete'
    /** The guard: see `Guard`. */
    | 'too-much'
}

/** What would be done to a target, and what would be but may not: data, to print, to test, to apply. */
export interface Plan<V> {
  readonly changes: readonly Change<V>[]
  readonly withheld: readonly Withheld<V>[]
}

/**
 * The brake against a mistake of ours (a wrong cluster, a wrong owner): retiring more than `share` of our own
 * records, and at least `atLeast` of them, is withheld as a whole. Records of backends that we *know* to be empty are
 * not counted.
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
}

const byKey = <A extends { readonly key: string }>(a: A, b: A): number =>
  a.key === b.key ? 0 : a.key < b.key ? -1 : 1

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
  sink: Pick<Sink<V>, 'eq' | 'adopts' | 'retire'>,
  wanted: ReadonlyMap<string, V>,
  rows: Iterable<Row<V>>,
  { owner, complete, guard = defaultGuard }: PlanOptions,
): Plan<V> => {
  const changes: Change<V>[] = []
  const withheld: Withheld<V>[] = []
  const retired: Change<V>[] = []
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
      if (O.isNone(rest)) retired.push({ _tag: 'Delete', key, before: row })
      else if (!sink.eq.equals(row.value, rest.value))
        retired.push({ _tag: 'Update', key, before: row, after: rest.value })
      continue
    }
    const same = row.value === after || sink.eq.equals(row.value, after)
    const change: Change<V> = { _tag: 'Update', key, before: row, after }
    if (ours || (O.isNone(row.owner) && sink.adopts)) {
      if (!ours || !same) changes.push(change)
    } else if (!same) withheld.push({ change, why: 'foreign' })
  }
  for (const [key, after] of wanted) if (!held.has(key)) changes.push({ _tag: 'Create', key, after })

  const tooMuch = guard !== 'off' && retired.length >= guard.atLeast && retired.length > guard.share * own
  if (complete && !tooMuch) changes.push(...retired)
  else for (const change of retired) withheld.push({ change, why: complete ? 'too-much' : 'incomplete' })

  return {
    changes: changes.sort(byKey),
    withheld: withheld.sort((a, b) => byKey(a.change, b.change)),
  }
}
