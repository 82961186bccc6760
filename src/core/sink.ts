import type { Backend, Desired } from './desired.js'
import type { PersistentMap } from './persistent-map.js'

/**
 * Who may change a record: written into the record, read back from it, and checked again by the target at each write.
 */
export type Owner = string

/** A record as the target holds it. */
export interface Row<V> {
  readonly key: string
  readonly value: V
  /** `undefined`: nobody has marked it. */
  readonly owner: Owner | undefined
  /** What a write is conditional on: a version, a hash, or the record as it was read. `undefined` where a record has none. */
  readonly etag: string | undefined
}

export type Change<V> =
  | { readonly _tag: 'Create'; readonly key: string; readonly after: V }
  | { readonly _tag: 'Update'; readonly key: string; readonly before: Row<V>; readonly after: V }
  | { readonly _tag: 'Delete'; readonly key: string; readonly before: Row<V> }

/** What became of one change. */
export type Outcome<V> =
  /** Applied. `row` is what the target holds now; `undefined` after a delete. */
  | { readonly _tag: 'Done'; readonly key: string; readonly row: Row<V> | undefined }
  /**
   * The target does not hold what the change was planned against. `found`: the record that it holds instead,
   * `undefined` if it holds none, or `'unread'` if only a whole `read` can tell.
   */
  | { readonly _tag: 'Conflict'; readonly key: string; readonly found: Row<V> | undefined | 'unread' }
  /** It will not succeed as it is, however often it is tried. Says what to do. */
  | { readonly _tag: 'Rejected'; readonly key: string; readonly reason: string }
  /** It may succeed later: throttled, unreachable, or the answer was lost (and it may even have been applied). */
  | { readonly _tag: 'Failed'; readonly key: string; readonly error: Error }

/**
 * A target: a table, a zone, a file. Copy `sinks/memory.ts`, fill the members, and run `sinkContract` against it.
 *
 * Each sink has one reconciler, which calls `read` at the start, every minute or so and when a conflict says
 * `'unread'`; `render` for every state that it gets to; `apply` with what then differs. Never two calls at once. A
 * sink never sees an event.
 *
 * Not its job: retries (beyond those of its client), deciding what may be deleted, other sinks, remembering what it
 * wrote.
 */
export interface Sink<V> {
  /** Unique among a worker's sinks; appears in reports and metrics. */
  readonly name: string
  /** Whether two values are the same to the target's readers: nothing is written then. Pure. */
  equals(a: V, b: V): boolean
  /** Whether deliveries wait for this sink before they are acknowledged. Default: true. */
  readonly required?: boolean
  /**
   * Plans and reports, but is never applied, and nothing is ever acknowledged on its account. Set by `dryRun`.
   * Default: false.
   */
  readonly dry?: boolean
  /** Whether a record without an owner becomes ours when it is desired. */
  readonly adopt: boolean
  /**
   * The records that the backends should be, by key. Pure and canonical: equal backends give equal values. Only a
   * complete backend overwrites. For an incomplete one it starts from what the target holds (`before`), adds its
   * endpoints and takes away its `gone` addresses, and leaves the rest. In every case it keeps what is not ours
   * inside a value. A value that is identical (`===`) to `before`'s is taken to be unchanged.
   */
  render(backends: PersistentMap<Backend>, before: ReadonlyMap<string, V>): ReadonlyMap<string, V>
  /**
   * What one of our records becomes when nothing desires it any more; `undefined` to delete it. Only asked when knowledge is
   * complete.
   */
  prune(before: V): V | undefined
  /**
   * The hosts that a record leads its readers to, each once: IP addresses, or names where the record has no addresses.
   * None for a record that offers nothing, and for one that only refers to others, such as a router. Pure. With it,
   * the prune guard sees that a change would empty a record, and a record that leads to a task of which nothing can be known
   * is not pruned while others are.
   */
  hostsOf?(value: V): readonly string[]
  /**
   * The record without what it offers, for a target whose records hold more than we wrote: what the prune guard makes of a
   * record in place of deleting it. Pure. Absent where a record that offers nothing is no record.
   */
  emptied?(before: V): V
  /**
   * Everything that the target holds of our kind, whoever owns it; whole, or rejected. Rejecting is a transient
   * failure: it is called again with backoff.
   */
  read(signal: AbortSignal): Promise<readonly Row<V>[]>
  /**
   * Makes the changes, each conditional on what it was planned against, and marks what it writes with `owner`. One
   * outcome a change, in any order; one bad change must not hold up the others. Rejecting means that nothing is known
   * of any of them: all is read again.
   */
  apply(changes: readonly Change<V>[], owner: Owner, signal: AbortSignal): Promise<readonly Outcome<V>[]>
  /**
   * Told at the end of each round in which the target came to hold all of `desired` that may be written, also when
   * nothing had to be. For a target that begins empty, and whose readers must not take its beginning for the truth:
   * until everything in `desired` is complete, it has no answer for them. `stopping` aborts when the worker stops.
   * Must not throw.
   */
  synced?(desired: Desired, stopping?: AbortSignal): void
  /**
   * What is wrong with how the target is set up, as of the last `read`, for people: what it is and what to do. Asked
   * after each `read`, and reported when it changes. Must not throw.
   */
  warnings?(): readonly string[]
}

/**
 * Any sink. Sound although a sink takes values as well as gives them, because its reconciler passes it only values
 * that came from it.
 */
export type AnySink = Sink<unknown>
