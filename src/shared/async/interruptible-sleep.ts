import type { Clock, Millis } from '../../core/clock.js'

/** A sleep that can be cut short. */
export interface Bell {
  /** Ends the wait; while nobody waits, the next one. Many rings until then are one. */
  readonly ring: () => void
  /** Resolves after `ms`, or when it rings. */
  readonly wait: (ms: Millis) => Promise<void>
}

export const bell = (clock: Clock): Bell => {
  let rings = new AbortController()
  return {
    ring: () => rings.abort(),
    wait: async (ms) => {
      await clock.sleep(ms, rings.signal)
      if (rings.signal.aborted) rings = new AbortController()
    },
  }
}
