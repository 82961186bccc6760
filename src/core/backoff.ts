import type { Millis, Random } from './clock.js'

export interface BackoffOptions {
  /** Maximum of the first wait. Default: 100 ms. */
  readonly base?: Millis
  /** Maximum of all waits. Default: 30,000 ms. */
  readonly cap?: Millis
}

/**
 * Exponential backoff with full jitter: a uniformly random wait between 0 and `min(cap, base × 2^attempt)`, so that
 * calls that failed together are not retried together. (AWS Architecture Blog, "Exponential Backoff And Jitter".)
 * `attempt` starts at 0.
 */
export const backoff = (
  attempt: number,
  random: Random,
  { base = 100, cap = 30_000 }: BackoffOptions = {},
): Millis =>
  // 2^30 exceeds any cap; larger powers would overflow.
  random() * Math.min(cap, base * 2 ** Math.min(attempt, 30))
