import type { Clock, Millis } from '../../core/clock.js'

/**
 * Calls `act` after `ms`, unless the signal aborts first. The proxy never computes a duration from two readings of the
 * clock: if the clock were set forward a day in between, connections would be cut, or addresses avoided for a day.
 */
export const after = (
  ms: Millis,
  { clock, signal }: { readonly clock: Pick<Clock, 'sleep'>; readonly signal: AbortSignal },
  act: () => void,
): void =>
  void clock.sleep(ms, signal).then(() => {
    if (!signal.aborted) act()
  })
