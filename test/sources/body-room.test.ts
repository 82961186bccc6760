import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BodyPlace, BodyRoom } from '../../src/shared/http/body-room.js'
import { runs } from '../laws/runs.js'

describe('the room for bodies', () => {
  it('lets go the body that has been arriving for the longest', () => {
    const room = new BodyRoom({ bytes: 100, bytesPerClient: 100, bytesPerRequest: 10 })
    const [first, second, third] = [room.enter('a'), room.enter('b'), room.enter('c')]
    first.grow(20)
    first.complete()
    second.grow(20)
    expect(third.grow(40)).toBe(true)
    expect([first.isLetGo, second.isLetGo, third.isLetGo, room.bytes]).toEqual([false, true, false, 80])
    expect(second.signal.aborted).toBe(true)
    expect(third.grow(21)).toBe(true)
    expect([first.isLetGo, room.bytes]).toEqual([true, 71])
    expect(third.grow(100)).toBe(false)
  })

  it('has a client that is at its own bound lose its own', () => {
    const room = new BodyRoom({ bytes: 100, bytesPerClient: 60, bytesPerRequest: 1 })
    const other = room.enter('other')
    other.grow(30)
    const flood = Array.from({ length: 10 }, () => room.enter('flood'))
    for (const place of flood) expect(place.grow(25)).toBe(true)
    expect(flood.filter(({ isLetGo }) => !isLetGo)).toEqual(flood.slice(-2))
    expect(other.isLetGo).toBe(false)
  })

  it('never holds more than its bounds, grants the next body, and gives everything back', () => {
    const step = fc.record({
      what: fc.constantFrom('enter', 'grow', 'grow', 'complete', 'leave'),
      client: fc.constantFrom('a', 'b', 'c'),
      which: fc.nat(100),
      bytes: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const room = new BodyRoom({ bytes: 100, bytesPerClient: 70, bytesPerRequest: 2 })
        const places: { readonly place: BodyPlace; readonly client: string; bytes: number }[] = []
        for (const { what, client, which, bytes } of steps) {
          const open = places.filter(({ place }) => !place.signal.aborted)
          const one = open[which % Math.max(1, open.length)]
          if (what === 'enter') places.push({ place: room.enter(client), client, bytes: 2 })
          else if (one === undefined) continue
          else if (what === 'leave') one.place.leave()
          else if (what === 'complete') one.place.complete()
          else {
            const granted = one.place.grow(bytes)
            // Only a body that is too large alone is refused.
            expect(granted).toBe(one.bytes + bytes <= 70)
            if (granted) one.bytes += bytes
          }
          const held = places.filter(({ place }) => !place.signal.aborted)
          const sum = (of: typeof held) => of.reduce((total, { bytes }) => total + bytes, 0)
          expect(room.bytes).toBe(sum(held))
          expect(room.bytes).toBeLessThanOrEqual(100)
          for (const name of ['a', 'b', 'c'])
            expect(sum(held.filter(({ client }) => client === name))).toBeLessThanOrEqual(70)
        }
        for (const { place } of places) place.leave()
        expect(room.bytes).toBe(0)
      }),
      { numRuns: runs },
    )
  })
})
