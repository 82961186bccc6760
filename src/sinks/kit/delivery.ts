/** What callers and carriers of `deliverySink` deal with. */
import type { Clock } from '../../core/clock.js'
import type { StateEvent } from './state-event.js'

/** What became of one event. */
export type DeliveryResult =
  | { readonly _tag: 'Delivered' }
  /** It may have arrived or not; the same event is sent again, unless there is news by then. */
  | { readonly _tag: 'Failed'; readonly error: Error }
  /** The receiver has an event with a greater sequence. The state is sent again as a new event. */
  | { readonly _tag: 'Behind'; readonly error: Error }
  /** A retry would not help. The reason says what to do. */
  | { readonly _tag: 'Refused'; readonly reason: string }

/** An event that its receiver refuses. */
export interface DeadLetter {
  readonly event: StateEvent
  /** Why, and what to do. */
  readonly reason: string
}

export interface DeliveryOptions {
  /**
   * A file that remembers what was delivered, so that a restart delivers only what has changed since, and the removal of
   * backends that are gone since. Its directory must exist and be writable. The worker owns the whole file. Default: no
   * file; each start delivers every backend once more.
   */
  readonly cursorPath?: string | undefined
  /**
   * Called once for each event that was refused three times, after which the worker gives it up until it reads its
   * cursor again or the backend changes. If it rejects, it is called again at the next refusal. Default: a refused event
   * is only reported.
   */
  readonly deadLetter?: ((letter: DeadLetter, signal: AbortSignal) => Promise<void> | void) | undefined
  readonly clock?: Clock | undefined
}
