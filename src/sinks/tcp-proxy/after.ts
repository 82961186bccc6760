import type { Clock, Millis } from '../../core/clock.js'

/**
 * Calls `act` after `ms`, unless the signal aborts before. Nothing in the proxy computes a duration from two readings
 * of the clock: somebody may set it in between, and a jump by a day would cut connections, or shun addresses for a day.
 */
export const after = (
  ms: Millis,
  { clock, signal }: { readonly clock: Pick<Clock, 'sleep'>; readonly signal: AbortSignal },
  act: () => void,
): void =>
  void clock.sleep(ms, signal).then(() => {
    if (!signal.aborted) act()
  })
