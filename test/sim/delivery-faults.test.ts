import { describe, expect, it } from 'vitest'
import { deliver, FaultyDelivery } from '../../sim/faults/delivery-faults.js'

const sent = Array.from({ length: 2_000 }, (_, number) => number)

describe('a faulty delivery', () => {
  it('without faults delivers each event once and in order', () => {
    expect(deliver(sent, { seed: 1 })).toEqual(sent)
  })

  it('makes the same faults for the same seed, and others for another', () => {
    const faults = { duplicate: 0.2, lose: 0.1, delay: 30 }
    expect(deliver(sent, { seed: 1, ...faults })).toEqual(deliver(sent, { seed: 1, ...faults }))
    expect(deliver(sent, { seed: 1, ...faults })).not.toEqual(deliver(sent, { seed: 2, ...faults }))
  })

  it('loses events altogether, and about as many as asked', () => {
    const arrived = deliver(sent, { seed: 1, lose: 0.25 })
    expect(arrived).toEqual([...arrived].sort((a, b) => a - b))
    expect(arrived.length / sent.length).toBeCloseTo(0.75, 1)
  })

  it('repeats events without losing any', () => {
    const arrived = deliver(sent, { seed: 1, duplicate: 0.5, delay: 10 })
    expect(new Set(arrived)).toEqual(new Set(sent))
    expect(arrived.length / sent.length).toBeCloseTo(2, 0)
  })

  it('swaps only events that are closer than the delay', () => {
    const arrived = deliver(sent, { seed: 1, delay: 25 })
    expect([...arrived].sort((a, b) => a - b)).toEqual(sent)
    expect(arrived).not.toEqual(sent)
    let newest = -1
    for (const event of arrived) {
      newest = Math.max(newest, event)
      expect(newest - event).toBeLessThan(25)
    }
  })

  it('holds back in a stream what is not due, and delivers the same as in a list', () => {
    const faults = { seed: 3, duplicate: 0.1, lose: 0.1, delay: 50 }
    const delivery = new FaultyDelivery<number>(faults)
    const arrived: number[] = []
    for (const now of sent) {
      delivery.push(now, now)
      expect(delivery.underWay).toBeLessThan(100)
      arrived.push(...delivery.take(now))
    }
    expect(delivery.underWay).toBeGreaterThan(0)
    arrived.push(...delivery.take(Infinity))
    expect(delivery.underWay).toBe(0)
    expect(arrived).toEqual(deliver(sent, faults))
  })

  it('refuses to repeat an event for ever', () => {
    expect(() => new FaultyDelivery({ seed: 1, duplicate: 1 })).toThrow(RangeError)
  })
})
