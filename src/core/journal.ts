import type { Millis } from './clock.js'
import type { ClusterEvent } from './event.js'
import type { TasksRelisted } from './relisting.js'

/** Follows everything in a checkpoint, and is appended once it is stored: what came before it is not read again. */
export interface Checkpointed {
  readonly _tag: 'Checkpointed'
}

/** What a journal holds: events, and snapshots as their difference from the one before. */
export type JournalEvent = ClusterEvent | TasksRelisted | Checkpointed

/** One delivery. */
export interface JournalEntry {
  /**
   * The time of receipt, by the clock of the worker that appended it. For people, and to store a checkpoint before entries
   * expire.
   */
  readonly at: Millis
  /** The name of the source that delivered it. */
  readonly source: string
  readonly events: readonly JournalEvent[]
}

/** How far a journal was read. Only the journal that returned it can interpret it. */
export type Position = string

export interface CaughtUp {
  /**
   * Amendments are in the order in which they were appended. All other entries may be in any order, and an entry may
   * come twice.
   */
  readonly entries: readonly JournalEntry[]
  readonly position: Position
}

/** A journal refuses entries that it can never store, such as events of another form than `ClusterEvent`. */
export class UnwritableEntry extends Error {
  override readonly name = 'UnwritableEntry'
  /** Stable; the message is for people. */
  readonly code = 'unwritable-entry'
}

/**
 * Everything that workers have learned, shared by all workers that use the journal and kept when they stop. To write
 * one, copy `journal/memory.ts` and run `journalContract` against it.
 *
 * A worker appends each delivery before it folds it, and catches up before each plan. It makes one call of `append`,
 * `amend` and `catchUp` at a time; those of a checkpoint and a lease may run beside it. Every call has a timeout, after
 * which `signal` aborts. A call that rejects is
 * retried with backoff; meanwhile the worker folds nothing and writes nothing. A rejected `append` or `amend` may have
 * been stored all the same, because the retry is harmless.
 *
 * Not its job: what events mean, duplicates, deciding when to checkpoint.
 */
export interface Journal {
  /**
   * Stores entries. When it resolves, they survive a crash, and every `catchUp` that begins later returns them, in
   * whichever worker. Called for each delivery, or for several that waited together. Throws an `UnwritableEntry` if one
   * of the entries can never be stored; then none of them is.
   */
  append(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void>
  /**
   * Stores one entry that is right only if nobody has amended the journal since `position`. Resolves to false, and
   * stores nothing, if somebody has. Of several workers that amend the same position, one succeeds. Called for each
   * snapshot.
   */
  amend(entry: JournalEntry, position: Position, signal: AbortSignal): Promise<boolean>
  /**
   * Everything that was stored since `since`, by any worker, before the call began. Later entries may be among it.
   * What this object has stored, and its `append` or `amend` resolved before, may be left out. Without `since`, or with one that is too old: the newest
   * checkpoint and everything after it. Called before each plan, and about once a second.
   */
  catchUp(since: Position | undefined, signal: AbortSignal): Promise<CaughtUp>
  /**
   * Stores events that stand for everything up to `position`, so that older entries may go. If workers do so at the
   * same time, any of their checkpoints may be kept. Called rarely: see `CheckpointPlan`.
   */
  checkpoint(events: Iterable<ClusterEvent>, position: Position, signal: AbortSignal): Promise<void>
  /**
   * Whether this worker is to do `work` that one worker should do at a time, for `ms` from now. The holder may call
   * again to keep it, or with 0 to give it back. A lease saves calls; nothing relies on it.
   */
  lease(work: string, ms: Millis, signal: AbortSignal): Promise<boolean>
}
