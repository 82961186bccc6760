import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenBucket } from '../../src/shared/aws/token-bucket.js'
import { virtualClock } from '../support/virtual-clock.js'

const patient = new AbortController().signal
setMaxListeners(0, patient)

describe('tokenBucket', () => {
  it('gives a burst at once, and then its rate', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 3, perSecond: 2, clock })
    const times: number[] = []
    for (let i = 0; i < 7; i++) void bucket.take(1, patient).then(() => times.push(clock.now()))
    await clock.advance(10_000)
    expect(times).toEqual([0, 0, 0, 500, 1000, 1500, 2000])
  })

  it('holds at most one burst, however long it is unused', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 2, perSecond: 1, clock })
    await clock.advance(1_000_000)
    const start = clock.now()
    const times: number[] = []
    for (let i = 0; i < 4; i++) void bucket.take(1, patient).then(() => times.push(clock.now() - start))
    await clock.advance(10_000)
    expect(times).toEqual([0, 0, 1000, 2000])
  })

  it('serves callers in order, however many tokens they ask for', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 5, perSecond: 1, clock })
    await bucket.take(5, patient)
    const order: string[] = []
    void bucket.take(4, patient).then(() => order.push('four'))
    void bucket.take(1, patient).then(() => order.push('one'))
    await clock.advance(3_999)
    expect(order).toEqual([])
    await clock.advance(1_001)
    expect(order).toEqual(['four', 'one'])
  })

  it('takes nothing for one who gives up, and lets the next one in its place', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 1, perSecond: 1, clock })
    await bucket.take(1, patient)
    const hasty = new AbortController()
    const taken: unknown[] = []
    void bucket.take(1, hasty.signal).then((took) => taken.push(['hasty', took, clock.now()]))
    void bucket.take(1, patient).then((took) => taken.push(['patient', took, clock.now()]))
    await clock.advance(400)
    hasty.abort()
    await clock.advance(600)
    expect(taken).toEqual([
      ['hasty', false, 400],
      ['patient', true, 1000],
    ])
  })

  it('lets one in the middle of the queue give up without waiting for its turn', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 1, perSecond: 0.001, clock })
    await bucket.take(1, patient)
    void bucket.take(1, patient)
    const hasty = new AbortController()
    const late = bucket.take(1, hasty.signal)
    hasty.abort()
    expect(await late).toBe(false)
    expect(await bucket.take(1, hasty.signal)).toBe(false)
  })

  it('lets more than a burst through a full bucket, on credit', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 2, perSecond: 1, clock })
    const times: number[] = []
    void bucket.take(4, patient).then(() => times.push(clock.now()))
    void bucket.take(1, patient).then(() => times.push(clock.now()))
    await clock.advance(10_000)
    expect(times).toEqual([0, 3000])
  })

  it('lets what is first pass before what is last, and never shuts either out', async () => {
    const clock = virtualClock()
    const bucket = tokenBucket({ burst: 1, perSecond: 1, clock })
    await bucket.take(1, patient)
    const order: string[] = []
    const take = (name: 'first' | 'last'): void =>
      void bucket.take(1, patient, name).then(() => order.push(name))
    for (let i = 0; i < 5; i++) take('last')
    for (let i = 0; i < 7; i++) take('first')
    await clock.advance(20_000)
    const [l, f] = ['last', 'first']
    expect(order).toEqual([f, f, f, l, f, f, f, l, f, l, l, l])
  })

  it('never gives more in any time than a burst and what comes back in that time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(
          fc.record({
            wait: fc.nat(400),
            n: fc.integer({ min: 1, max: 10 }),
            priority: fc.constantFrom('first' as const, 'last' as const),
          }),
          { maxLength: 20 },
        ),
        async (burst, perSecond, asks) => {
          const clock = virtualClock()
          const bucket = tokenBucket({ burst, perSecond, clock })
          const taken: { readonly at: number; readonly n: number }[] = []
          for (const ask of asks) {
            await clock.advance(ask.wait)
            const n = Math.min(ask.n, burst)
            void bucket.take(n, patient, ask.priority).then(() => taken.push({ at: clock.now(), n }))
          }
          await clock.advance(1_000_000)
          expect(taken).toHaveLength(asks.length)
          for (const [i, from] of taken.entries()) {
            let sum = 0
            for (const to of taken.slice(i)) {
              sum += to.n
              expect(sum).toBeLessThanOrEqual(burst + ((to.at - from.at) * perSecond) / 1000 + 1e-6)
            }
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})
