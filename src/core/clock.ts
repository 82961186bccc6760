/** Milliseconds, of a duration or since the Unix epoch. */
export type Millis = number

/** The injected clock, the only source of time in core and in tests. */
export interface Clock {
  now(): Millis
  /** Resolves after `ms`, or as soon as the signal aborts. Never rejects. */
  sleep(ms: Millis, signal: AbortSignal): Promise<void>
}

/** A number in [0, 1), such as `Math.random`. */
export type Random = () => number
