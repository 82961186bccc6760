export interface Thresholds {
  /** Probes in a row that an unhealthy endpoint has to pass. */
  readonly healthyAfter: number
  /** Probes in a row that a healthy endpoint has to fail. */
  readonly unhealthyAfter: number
}

/** What the probes so far make of an endpoint. */
export interface Standing {
  readonly healthy: boolean
  /** How many of the last probes, in a row, said the opposite. */
  readonly against: number
}

/** The standing after one more probe: one odd answer changes nothing, and neither do odd ones among others. */
export const judged = (
  { healthy, against }: Standing,
  passed: boolean,
  { healthyAfter, unhealthyAfter }: Thresholds,
): Standing => {
  if (passed === healthy) return { healthy, against: 0 }
  const flips = against + 1 >= (passed ? healthyAfter : unhealthyAfter)
  return flips ? { healthy: passed, against: 0 } : { healthy, against: against + 1 }
}
