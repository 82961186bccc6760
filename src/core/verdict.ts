import type { Change, Owner, Row, Sink } from './sink.js'

export type Pruning<V> = Exclude<Change<V>, { _tag: 'Create' }>

/** What follows for one record from what the target holds, and what is desired. */
export type Verdict<V> =
  | { readonly _tag: 'Change'; readonly change: Change<V> }
  /** A change that removes all hosts of an own record. */
  | { readonly _tag: 'Emptying'; readonly change: Change<V> }
  /** The change of an own record that is not desired. */
  | { readonly _tag: 'Pruning'; readonly change: Pruning<V> }
  | { readonly _tag: 'Skip'; readonly change: Change<V>; readonly why: 'foreign' | 'unjudged' }

export interface VerdictOptions {
  readonly owner: Owner
  /** See `Desired.unjudged`. */
  readonly unjudged: ReadonlySet<string>
}

/** What a sink is asked for a verdict. */
export type JudgedSink<V> = Pick<Sink<V>, 'equals' | 'adopt' | 'prune' | 'hostsOf'>

/** Whether a record may point to one of these hosts. True if the sink cannot tell. */
const mayLeadTo = <V>(sink: JudgedSink<V>, value: V, hosts: ReadonlySet<string>): boolean =>
  hosts.size > 0 && sink.hostsOf?.(value).some((host) => hosts.has(host)) !== false

/** Whether a change removes all hosts of a record. False if the sink cannot tell. */
const empties = <V>(sink: JudgedSink<V>, before: V, after: V): boolean =>
  sink.hostsOf?.(after).length === 0 && sink.hostsOf(before).length > 0

const unwanted = <V>(
  sink: JudgedSink<V>,
  row: Row<V>,
  unjudged: ReadonlySet<string>,
): Verdict<V> | undefined => {
  const { key, value } = row
  if (mayLeadTo(sink, value, unjudged))
    return { _tag: 'Skip', change: { _tag: 'Delete', key, before: row }, why: 'unjudged' }
  const rest = sink.prune(value)
  if (rest === undefined) return { _tag: 'Pruning', change: { _tag: 'Delete', key, before: row } }
  return sink.equals(value, rest)
    ? undefined
    : { _tag: 'Pruning', change: { _tag: 'Update', key, before: row, after: rest } }
}

/**
 * `row`: the record in the target; `after`: the desired value. `undefined` if nothing has to be done.
 *
 * | target holds  | wanted, differs               | wanted, same | not wanted             |
 * | ------------- | ----------------------------- | ------------ | ---------------------- |
 * | nothing       | create                        | –            | –                      |
 * | ours          | update                        | –            | prune, unless unjudged |
 * | without owner | update if adopting, else skip | adopt, or –  | –                      |
 * | another's     | skip                          | –            | –                      |
 *
 * Ownership is checked here, whatever went wrong before: a foreign record never becomes a change.
 */
export const verdictOf = <V>(
  sink: JudgedSink<V>,
  key: string,
  row: Row<V> | undefined,
  after: V | undefined,
  { owner, unjudged }: VerdictOptions,
): Verdict<V> | undefined => {
  if (row === undefined)
    return after === undefined ? undefined : { _tag: 'Change', change: { _tag: 'Create', key, after } }
  const ours = row.owner === owner
  if (after === undefined) return ours ? unwanted(sink, row, unjudged) : undefined
  const same = row.value === after || sink.equals(row.value, after)
  const change: Change<V> = { _tag: 'Update', key, before: row, after }
  if (ours) {
    if (same) return undefined
    return { _tag: empties(sink, row.value, after) ? 'Emptying' : 'Change', change }
  }
  if (row.owner === undefined && sink.adopt) return { _tag: 'Change', change }
  return same ? undefined : { _tag: 'Skip', change, why: 'foreign' }
}
