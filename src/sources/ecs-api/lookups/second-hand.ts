import type { Clock, Millis } from '../../../core/clock.js'

/** Calls back after `ms` to `ms` plus one second; never after the signal has aborted. */
export type SecondHand = (ms: Millis, call: () => void) => void

/** One timer for any number of callbacks. It counts the seconds slept, so clock jumps do not matter. */
export const secondHand = (clock: Clock, signal: AbortSignal): SecondHand => {
  const due = new Map<number, (() => void)[]>()
  let second = 0
  let running = false

  const run = async (): Promise<void> => {
    running = true
    while (due.size > 0) {
      await clock.sleep(1_000, signal)
      if (signal.aborted) return
      second++
      const calls = due.get(second) ?? []
      due.delete(second)
      for (const call of calls) call()
    }
    running = false
  }

  return (ms, call) => {
    // The second in progress does not count.
    const at = second + Math.max(1, Math.ceil(ms / 1_000)) + (running ? 1 : 0)
    const calls = due.get(at)
    if (calls === undefined) due.set(at, [call])
    else calls.push(call)
    if (!running) void run()
  }
}
