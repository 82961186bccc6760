import type { Clock, Millis } from 'ecs-task-stream'

/** A clock that stands still until it is told to advance. */
export interface VirtualClock extends Clock {
  /**
   * Moves on by `ms`. Sleepers wake at their times and in their order; before the next one, all promises and
   * callbacks that are ready have run, so a sleeper that sleeps again within `ms` wakes again.
   */
  advance(ms: Millis): Promise<void>
  /** How many sleep now. */
  readonly sleeping: number
}

interface Sleeper {
  readonly until: Millis
  wake(): void
}

/** Lets promises and callbacks that are ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const virtualClock = (start: Millis = 0): VirtualClock => {
  let now = start
  const sleepers = new Set<Sleeper>()

  /** The first to wake, and among several at one time the first that went to sleep. */
  const first = (): Sleeper | undefined => {
    let earliest: Sleeper | undefined
    for (const sleeper of sleepers)
      if (earliest === undefined || sleeper.until < earliest.until) earliest = sleeper
    return earliest
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted || ms <= 0) {
          resolve()
          return
        }
        const wake = (): void => {
          sleepers.delete(sleeper)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper: Sleeper = { until: now + ms, wake }
        sleepers.add(sleeper)
        signal.addEventListener('abort', wake)
      }),
    advance: async (ms) => {
      const target = now + ms
      await settle()
      for (let next = first(); next !== undefined && next.until <= target; next = first()) {
        now = next.until
        next.wake()
        await settle()
      }
      now = target
    },
    get sleeping() {
      return sleepers.size
    },
  }
}
