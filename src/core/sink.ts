import type { Backend, Desired } from './desired.js'
import type { ExaminationContext, Finding } from './finding.js'
import type { PersistentMap } from './persistent-map.js'

/**
 * Who may change a record. It is written into the record, read back from it, and checked by the target at each write.
 */
export type Owner = string

/** A record in the target. */
export interface Row<V> {
  readonly key: string
  readonly value: V
  /** `undefined` if the record has no owner. */
  readonly owner: Owner | undefined
  /** The condition for a write: a version, a hash, or the record as it was read. `undefined` if a record has none. */
  readonly etag: string | undefined
}

export type Change<V> =
  | { readonly _tag: 'Create'; readonly key: string; readonly after: V }
  | { readonly _tag: 'Update'; readonly key: string; readonly before: Row<V>; readonly after: V }
  | { readonly _tag: 'Delete'; readonly key: string; readonly before: Row<V> }

/** The result of one change. */
export type Outcome<V> =
  /** Applied. `row` is the record in the target now; `undefined` after a delete. */
  | { readonly _tag: 'Done'; readonly key: string; readonly row: Row<V> | undefined }
  /**
   * The target's record differs from the one that the change was planned against. `found`: the actual record,
   * `undefined` if there is none, or `'unread'` if finding it takes a whole `read`.
   */
  | { readonly _tag: 'Conflict'; readonly key: string; readonly found: Row<V> | undefined | 'unread' }
  /** A retry would not help. The reason says what to do. */
  | { readonly _tag: 'Rejected'; readonly key: string; readonly reason: string }
  /** A retry may succeed: throttled, unreachable, or the response was lost (the change may even have been applied). */
  | { readonly _tag: 'Failed'; readonly key: string; readonly error: Error }

/** How `Sink.render` may be divided. The methods must be pure. */
export interface Parts<V> {
  /** The part that renders a backend, such as the backend's name. */
  ofBackend(backend: Backend): string
  /** The parts that depend on a record of the target, desired or not. Usually one: the part that renders it. */
  ofRecord(key: string, value: V): readonly string[]
}

/**
 * A target: a table, a zone, a file. To write one, copy `sinks/memory.ts`, fill in the members, and run `sinkContract`
 * against it.
 *
 * Each sink has one reconciler. It calls `read` at the start, about every minute, and after a conflict with `'unread'`;
 * `render` for the parts that changed; and `apply` with the resulting changes. It never makes two calls at the same
 * time. A sink never sees an event.
 *
 * Not its job: retries (beyond those of its client), deciding what may be deleted, other sinks, remembering what it
 * wrote.
 */
export interface Sink<V> {
  /** Unique among a worker's sinks; appears in reports and metrics. */
  readonly name: string
  /** Whether two values are equal for the target's readers; if so, nothing is written. Must be pure. */
  equals(a: V, b: V): boolean
  /** Whether acknowledgements wait for this sink. Default: true. */
  readonly required?: boolean
  /**
   * Whether the sink is planned and reported but never applied, and acknowledges nothing. Set by `dryRun`. Default:
   * false.
   */
  readonly dry?: boolean
  /**
   * Whether the target lives in this process, such as a document that it serves. Another process then reads it as empty,
   * so `explain` of the command does not ask it. Default: false.
   */
  readonly local?: boolean
  /** Whether to take over desired records without an owner. */
  readonly adopt: boolean
  /**
   * The desired records of the backends, by key. Must be pure and canonical: equal backends give equal values. Only a
   * complete backend replaces the target's value. For an incomplete one, start from the value in the target (`before`),
   * add its endpoints, remove its `gone` addresses, and keep the rest. Always keep foreign parts of a value. A value
   * that is identical (`===`) to that in `before` counts as unchanged.
   */
  render(backends: PersistentMap<Backend>, before: ReadonlyMap<string, V>): ReadonlyMap<string, V>
  /**
   * How `render` is divided, so that a change costs its own part: `render` is then called with the backends and records
   * of one part, and all parts together must give what one call with everything would give. Two parts never give the
   * same key. Default: there are no parts, and everything is rendered whenever anything changed.
   */
  readonly parts?: Parts<V>
  /**
   * The new value of an owned record that is no longer desired, or `undefined` to delete it. Called only when the
   * desired state is complete.
   */
  prune(before: V): V | undefined
  /**
   * The hosts that a record points to, without duplicates: IP addresses, or names if the record has no addresses. None
   * for an empty record, and for one that only refers to other records, such as a router. Must be pure. It lets the
   * prune guard detect changes that would empty a record, and protects only those records that point to unknown tasks.
   */
  hostsOf?(value: V): readonly string[]
  /**
   * The endpoints that a record points to, such as `10.0.0.1:8080`. For people only: the log and plans count them. Must
   * be pure. Default: what `hostsOf` says.
   */
  endpointsOf?(value: V): readonly string[]
  /**
   * The record without its hosts, for targets in which an empty record can exist: the prune guard uses it instead of
   * deleting the record. Must be pure.
   */
  emptied?(before: V): V
  /**
   * Reads all records of this kind in the target, whoever owns them. Must be complete, or reject. A rejection is
   * treated as transient: it is called again with backoff.
   */
  read(signal: AbortSignal): Promise<readonly Row<V>[]>
  /**
   * Makes the changes, each conditional on the record that it was planned against, and writes `owner` into the records.
   * Resolves to one outcome per change, in any order; a failed change must not block the others. A rejection means that
   * the result of all changes is unknown, and the target is read again.
   */
  apply(changes: readonly Change<V>[], owner: Owner, signal: AbortSignal): Promise<readonly Outcome<V>[]>
  /**
   * Called at the end of each round after which the target holds everything of `desired` that may be written, even if
   * nothing had to be written. For targets that start empty, and must not serve this initial state: until `desired` is
   * complete, they have no answer for their readers. `stopping` aborts when the worker stops. Must not throw.
   */
  synced?(desired: Desired, stopping?: AbortSignal): void
  /**
   * Warnings about the setup of the target as of the last `read`, for people: what is wrong and what to do. Called
   * after each `read`, and reported when they change. Must not throw.
   */
  warnings?(): readonly string[]
  /**
   * Finds out whether it could do its work. `doctor` calls it once, after `read` has succeeded. It changes nothing. A
   * rejection counts as a failure. Default: nothing but `read` is examined.
   */
  examine?(context: ExaminationContext): Promise<readonly Finding[]>
}

/** A sink of any value type. This is sound, because a reconciler passes a sink only values that came from it. */
export type AnySink = Sink<unknown>
