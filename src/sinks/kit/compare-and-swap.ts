import { setMaxListeners } from 'node:events'
import { errorOf } from '../../core/error-of.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'

/**
 * Writes one change if the target's record is still the one it was planned against, in one atomic operation of the
 * target: a conditional write, a transaction, a script. Whatever it throws becomes the outcome `Failed`.
 */
export type ConditionalWrite<V> = (
  change: Change<V>,
  owner: Owner,
  signal: AbortSignal,
) => Promise<Outcome<V>>

/** Each concurrent write listens to it; on the caller's own signal, more than ten listeners would cause a warning. */
const forMany = (signal: AbortSignal): AbortSignal => {
  const abort = AbortSignal.any([signal])
  setMaxListeners(0, abort)
  return abort
}

export interface CompareAndSwapOptions {
  /** The most concurrent writes; 1 keeps the order of the changes. Default: 8. */
  readonly concurrency?: number
}

/**
 * `Sink.apply` for a target with conditional writes of single records. Each change is written by itself, so that a
 * failing one does not hold up the others. There is no retry: the reconciler plans again from what a conflict found.
 */
export const compareAndSwap =
  <V>(write: ConditionalWrite<V>, { concurrency = 8 }: CompareAndSwapOptions = {}): Sink<V>['apply'] =>
  async (changes, owner, signal) => {
    // Most rounds have one change, and a signal that follows another one costs more than the rest of this function.
    const abort = changes.length > 1 ? forMany(signal) : signal
    const outcomes: Outcome<V>[] = []
    const left = changes.values()
    const writeInTurn = async (): Promise<void> => {
      for (const change of left) outcomes.push(await attempt(change))
    }
    const attempt = async (change: Change<V>): Promise<Outcome<V>> => {
      try {
        return await write(change, owner, abort)
      } catch (thrown) {
        return { _tag: 'Failed', key: change.key, error: errorOf(thrown) }
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, changes.length) }, writeInTurn))
    return outcomes
  }
