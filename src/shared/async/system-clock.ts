import type { Clock } from '../../core/clock.js'

/**
 * The machine's clock and timers. A pending sleep keeps the process alive. A sleep of 0 ms lets what has arrived be
 * handled, and no more: a timer would take at least a millisecond.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      if (ms <= 0) {
        setImmediate(resolve)
        return
      }
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
    }),
}
