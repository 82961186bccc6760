import { type Clock, systemClock } from 'ecs-task-stream'

/**
 * The machine's clock, `pace` times as fast: a minute of backoff and intervals in a few seconds, with real servers.
 */
export const acceleratedClock = (pace: number): Clock => {
  const start = systemClock.now()
  return {
    now: () => start + (systemClock.now() - start) * pace,
    sleep: (ms, signal) => systemClock.sleep(ms / pace, signal),
  }
}
