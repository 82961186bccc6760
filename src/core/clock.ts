/** Milliseconds since the Unix epoch, or of a duration. */
export type Millis = number

/** Time, injected: core and tests have no other. */
export interface Clock {
  now(): Millis
  /** Resolves after `ms`, or as soon as the signal aborts; never rejects. */
  sleep(ms: Millis, signal: AbortSignal): Promise<void>
}

/** A number in [0, 1), such as `Math.random`. */
export type Random = () => number
