import { backoff, type BackoffOptions } from '../../core/backoff.js'
import type { Clock, Millis, Random } from '../../core/clock.js'

export interface UntilItSucceeds extends BackoffOptions {
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Random
  /** Ends the retries. */
  readonly signal: AbortSignal
  /** Called after each failure. */
  readonly failed: (error: Error, retryIn: Millis) => void
}

/** Retries a call with backoff until it succeeds. Resolves to `undefined` once the signal aborts. */
export const untilItSucceeds = async <A>(
  call: (signal: AbortSignal) => Promise<A>,
  { clock, random, signal, failed, ...options }: UntilItSucceeds,
): Promise<A | undefined> => {
  for (let attempt = 0; ; attempt++)
    try {
      return await call(signal)
    } catch (thrown) {
      if (signal.aborted) return undefined
      const retryIn = backoff(attempt, random, options)
      failed(thrown instanceof Error ? thrown : new Error(String(thrown)), retryIn)
      await clock.sleep(retryIn, signal)
    }
}
