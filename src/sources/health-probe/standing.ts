export interface Thresholds {
  /** Consecutive probes that an unhealthy endpoint must pass. */
  readonly healthyAfter: number
  /** Consecutive probes that a healthy endpoint must fail. */
  readonly unhealthyAfter: number
}

/** The health of an endpoint according to its probes so far. */
export interface Standing {
  readonly healthy: boolean
  /** The number of consecutive recent probes with the opposite result. */
  readonly against: number
}

/** The standing after one more probe. Isolated contrary results change nothing. */
export const judged = (
  { healthy, against }: Standing,
  passed: boolean,
  { healthyAfter, unhealthyAfter }: Thresholds,
): Standing => {
  if (passed === healthy) return { healthy, against: 0 }
  const flips = against + 1 >= (passed ? healthyAfter : unhealthyAfter)
  return flips ? { healthy: passed, against: 0 } : { healthy, against: against + 1 }
}
