import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from './stopwatch.js'

export interface Watched {
  readonly tookMs: number
  /** Processor time of all threads. */
  readonly cpuMs: number
  /** The longest time for which the event loop did nothing else. */
  readonly stallMs: number
  /** The most processor time, of all threads, between two turns of the loop: what other load does not disturb. */
  readonly turnCpuMs: number
}

/** Watches the turns of the event loop until `end`, which returns the most processor time of one. */
const watchTurns = (): (() => number) => {
  let longest = 0
  let before = cpuMs()
  const turns = setInterval(() => {
    longest = Math.max(longest, cpuMs() - before)
    before = cpuMs()
  }, 1)
  return () => {
    clearInterval(turns)
    return longest
  }
}

/** Does the work, and watches the event loop of this process meanwhile. */
export const watched = async (work: () => Promise<unknown>): Promise<Watched> => {
  // What came before must not be collected within.
  globalThis.gc?.()
  const loop = monitorEventLoopDelay({ resolution: 1 })
  await delay(50)
  loop.enable()
  // The monitor needs two turns of the loop before it measures.
  await delay(50)
  loop.reset()
  const endTurns = watchTurns()
  const [start, before] = [performance.now(), cpuMs()]
  await work()
  const tookMs = performance.now() - start
  // What follows the last fold, such as a recount and a sweep, belongs to it.
  await delay(500)
  loop.disable()
  return { tookMs, cpuMs: cpuMs() - before, stallMs: loop.max / 1e6, turnCpuMs: endTurns() }
}
