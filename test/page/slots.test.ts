import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placed, type Slots } from '../../page/simulation/slots.js'

const names = fc.uniqueArray(fc.integer({ min: 0, max: 5 }).map(String))

it('gives everybody one place, which nobody loses who stays', () => {
  fc.assert(
    fc.property(fc.array(names), (steps) => {
      let slots: Slots = []
      for (const step of steps) {
        const next = placed(slots, step)
        expect(next.filter((name) => name !== undefined).toSorted()).toEqual(step.toSorted())
        for (const [i, name] of slots.entries())
          if (name !== undefined && step.includes(name)) expect(next[i]).toBe(name)
        slots = next
      }
    }),
  )
})

it('gives the first free place, and has none at the end', () => {
  expect(placed(['a', 'b', 'c', 'd'], ['a', 'c', 'e'])).toEqual(['a', 'e', 'c'])
})
