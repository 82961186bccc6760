import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { mergedFrom, OrderedSet } from '../../src/id-mapper/index/ordered-set.js'
import { holds } from '../laws/holds.js'

interface Item {
  readonly key: number
}

const compare = (a: Item, b: Item): number => a.key - b.key
const keys = (items: Iterable<Item>): readonly number[] => Array.from(items, ({ key }) => key)
const setOf = (numbers: Iterable<number>): OrderedSet<Item> => {
  const set = new OrderedSet(compare)
  for (const key of numbers) set.add({ key })
  return set
}

describe('an ordered set', () => {
  // Long runs of one kind, so that chunks are split, merged and emptied.
  const steps = fc.array(
    fc.record({
      adds: fc.boolean(),
      from: fc.nat(2_000),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 700 })),
      every: fc.constantFrom(1, 3),
    }),
    { maxLength: 12 },
  )

  it('holds what a set would, in order, after any additions and deletions', () => {
    fc.assert(
      fc.property(steps, fc.nat(2_500), (all, place) => {
        const set = new OrderedSet(compare)
        const model = new Set<number>()
        for (const { adds, from, count, every } of all)
          for (let key = from; key < from + count; key += every)
            if (adds) {
              strictEqual(set.add({ key }), !model.has(key))
              model.add(key)
            } else strictEqual(set.delete({ key }), model.delete(key))
        const sorted = [...model].sort((a, b) => a - b)
        deepStrictEqual(keys(set.from()), sorted)
        strictEqual(set.size, model.size)
        strictEqual(set.first?.key, sorted[0])
        deepStrictEqual(
          keys(set.from(({ key }) => key < place)),
          sorted.filter((key) => key >= place),
        )
      }),
      { numRuns: 150 },
    )
  })

  it('is one with others, in order and each element once', () => {
    const numbers = fc.array(fc.nat(40), { maxLength: 20 })
    holds(
      fc.property(fc.array(numbers, { maxLength: 4 }), fc.nat(45), (all, place) => {
        deepStrictEqual(
          keys(mergedFrom(all.map(setOf), compare, ({ key }) => key < place)),
          [...new Set(all.flat())].filter((key) => key >= place).sort((a, b) => a - b),
        )
      }),
    )
  })
})
