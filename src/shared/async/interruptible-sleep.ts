import type { Clock, Millis } from '../../core/clock.js'

/** A sleep that can be cut short. */
export interface InterruptibleSleep {
  /** Ends the current wait, or the next one if there is none. Several calls before that count as one. */
  readonly interrupt: () => void
  /** Resolves after `ms`, or when interrupted. */
  readonly wait: (ms: Millis) => Promise<void>
}

export const interruptibleSleep = (clock: Clock): InterruptibleSleep => {
  let interruption = new AbortController()
  return {
    // With a reason, or a DOMException with its stack would be made each time.
    interrupt: () => interruption.abort('interrupted'),
    wait: async (ms) => {
      await clock.sleep(ms, interruption.signal)
      if (interruption.signal.aborted) interruption = new AbortController()
    },
  }
}
