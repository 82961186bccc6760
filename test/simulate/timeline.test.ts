import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prng } from '../../sim/prng.js'
import { SimulatedProcess } from '../../simulate/engine/simulated-process.js'
import { Timeline } from '../../simulate/engine/timeline.js'
import { runs } from '../laws/runs.js'

describe('a timeline', () => {
  it('runs each timer at its time, in the order of time, but those that were cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ms: fc.nat(50), isCancelled: fc.boolean() }), { maxLength: 40 }),
        fc.nat(),
        async (timers, seed) => {
          const timeline = new Timeline(1_000, prng(seed))
          const ran: number[] = []
          for (const { ms, isCancelled } of timers) {
            const timer = timeline.after(ms, () => {
              expect(timeline.now).toBe(1_000 + ms)
              ran.push(ms)
            })
            if (isCancelled) timeline.cancel(timer)
          }
          await timeline.runUntil(1_060)
          const due = timers.filter(({ isCancelled }) => !isCancelled).map(({ ms }) => ms)
          expect(ran).toEqual(due.sort((a, b) => a - b))
          expect(timeline.size).toBe(0)
        },
      ),
      { numRuns: runs },
    )
  })

  it('lets promises run before time goes on', async () => {
    const timeline = new Timeline(0, prng(1))
    const log: string[] = []
    timeline.after(
      1,
      () =>
        void Promise.resolve()
          .then(() => Promise.resolve())
          .then(() => log.push('promise')),
    )
    timeline.after(2, () => void log.push('timer'))
    await timeline.runUntil(2)
    expect(log).toEqual(['promise', 'timer'])
  })
})

describe('a process', () => {
  const processOn = (timeline: Timeline, rate = 1) =>
    new SimulatedProcess('p', timeline, { seed: 1, wrong: { aheadMs: 5_000, rate }, died: () => undefined })

  it('that was killed never goes on', async () => {
    const timeline = new Timeline(0, prng(1))
    const process = processOn(timeline)
    let awoke = false
    void process.clock.sleep(10, new AbortController().signal).then(() => (awoke = true))
    await timeline.runUntil(5)
    process.kill()
    await timeline.runUntil(100)
    expect(awoke).toBe(false)
  })

  it('has a clock that is wrong, and that somebody may set', async () => {
    const timeline = new Timeline(0, prng(1))
    const process = processOn(timeline, 1.5)
    await timeline.runUntil(1_000)
    process.jump(-60_000)
    expect(process.clock.now()).toBe(1_500 + 5_000 - 60_000)
  })
})
