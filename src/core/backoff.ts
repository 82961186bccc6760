import type { Millis, Random } from './clock.js'

export interface BackoffOptions {
  /** The longest first wait. Default: 100 ms. */
  readonly base?: Millis
  /** The longest wait of all. Default: 30,000 ms. */
  readonly cap?: Millis
}

/**
 * Exponential backoff with full jitter: a uniformly random wait between 0 and `min(cap, base × 2^attempt)`, so that
 * many that failed together do not come back together. (AWS Architecture Blog, "Exponential Backoff And Jitter".)
 * `attempt` counts from 0.
 */
export const backoff = (
  attempt: number,
  random: Random,
  { base = 100, cap = 30_000 }: BackoffOptions = {},
): Millis =>
  // 2^30 is beyond any cap; larger powers would only overflow.
  random() * Math.min(cap, base * 2 ** Math.min(attempt, 30))
