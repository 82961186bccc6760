import type { Millis } from '../../../core/clock.js'

/**
 * What a snapshot said about the events before it.
 *
 * - `agreed`: events have told of changes, and the snapshot told nothing that they should have told.
 * - `idle`: neither told of anything. That is no evidence that events would arrive.
 * - `disagreed`: an event is missing.
 */
export type Verdict = 'agreed' | 'idle' | 'disagreed'

/** How often snapshots of a cluster are taken. */
export interface Pace {
  /** How often the interval has been doubled. */
  readonly doublings: number
}

export interface PaceLimits {
  readonly shortest: Millis
  readonly longest: Millis
}

export const firstPace: Pace = { doublings: 0 }

export const intervalOf = ({ doublings }: Pace, { shortest, longest }: PaceLimits): Millis =>
  Math.min(Math.max(shortest, longest), shortest * 2 ** doublings)

/**
 * | verdict   | the interval                                    |
 * |-----------|-------------------------------------------------|
 * | agreed    | doubles, up to the longest                      |
 * | idle      | stays: a worker without events is never slowed  |
 * | disagreed | is the shortest at once                         |
 */
export const nextPace = (pace: Pace, verdict: Verdict, limits: PaceLimits): Pace => {
  switch (verdict) {
    case 'agreed':
      return intervalOf(pace, limits) < limits.longest ? { doublings: pace.doublings + 1 } : pace
    case 'idle':
      return pace
    case 'disagreed':
      return firstPace
  }
}
