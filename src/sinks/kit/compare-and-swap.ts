import { setMaxListeners } from 'node:events'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'

/**
 * Writes one change if the target still holds what it was planned against, in one step of the target's own: a
 * condition, a transaction, a script. What it throws is the outcome `Failed`.
 */
export type ConditionalWrite<V> = (
  change: Change<V>,
  owner: Owner,
  signal: AbortSignal,
) => Promise<Outcome<V>>

export interface CompareAndSwapOptions {
  /** The most writes at a time; 1 keeps the order of the changes. Default: 8. */
  readonly concurrency?: number
}

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/**
 * `Sink.apply` for a target that compares and swaps single records: each change by itself, so that one that fails
 * holds up no other. There is no second attempt: the reconciler plans again from what a conflict found.
 */
export const compareAndSwap =
  <V>(write: ConditionalWrite<V>, { concurrency = 8 }: CompareAndSwapOptions = {}): Sink<V>['apply'] =>
  (changes, owner, signal) => {
    // Each write under way listens to it; the caller's own signal would warn of a leak beyond ten.
    const abort = AbortSignal.any([signal])
    setMaxListeners(0, abort)
    const attempt = async (change: Change<V>): Promise<Outcome<V>> => {
      try {
        return await write(change, owner, abort)
      } catch (thrown) {
        return { _tag: 'Failed', key: change.key, error: errorOf(thrown) }
      }
    }
    return lastValueFrom(from(changes).pipe(mergeMap(attempt, concurrency), toArray()))
  }
