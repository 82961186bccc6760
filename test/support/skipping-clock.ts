import { type Clock, type Millis, systemClock } from 'ecs-task-stream'

/** The machine's clock, which a test sets forward: for long waits of workers that talk to real servers. */
export interface SkippingClock extends Clock {
  /** Sets it forward. Whoever sleeps has slept that much. */
  skip(ms: Millis): void
  /** The result of what waits for long, with seconds of it skipped, and with time for servers to answer in between. */
  hurried<A>(result: Promise<A>): Promise<A>
}

const answerMs = 20

export const skippingClock = (): SkippingClock => {
  let skipped = 0
  const now = () => systemClock.now() + skipped
  /** Those who sleep; each looks again whether it has slept enough. */
  const sleepers = new Set<() => void>()

  const skip = (ms: Millis): void => {
    skipped += ms
    for (const look of [...sleepers]) look()
  }

  return {
    now,
    skip,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const until = now() + ms
        let timer: ReturnType<typeof setTimeout> | undefined
        const look = (): void => {
          clearTimeout(timer)
          const rest = until - now()
          if (rest > 0 && !signal.aborted) {
            timer = setTimeout(look, rest)
            return
          }
          sleepers.delete(look)
          signal.removeEventListener('abort', look)
          resolve()
        }
        sleepers.add(look)
        signal.addEventListener('abort', look)
        look()
      }),
    hurried: async (result) => {
      const settled = new AbortController()
      const end = () => settled.abort()
      result.then(end, end)
      while (!settled.signal.aborted) {
        await systemClock.sleep(answerMs, settled.signal)
        skip(1_000)
      }
      return result
    },
  }
}
