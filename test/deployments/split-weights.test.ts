import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxWeight, splitWeights, type Weighed } from '../../src/core/split-weights.js'

const revision = (name: string, percent: number, weights: readonly number[]): readonly Weighed[] =>
  weights.map((weight) => ({ revision: name, percent, weight }))

const times = (count: number): readonly number[] => Array.from({ length: count }, () => 1)

/** The percentage of each revision, if requests are balanced by the weights. */
const sharesOf = (all: readonly Weighed[], weights: readonly number[]): ReadonlyMap<string, number> => {
  const total = weights.reduce((a, b) => a + b, 0)
  const shares = new Map<string, number>()
  all.forEach(({ revision: name }, i) =>
    shares.set(name, (shares.get(name) ?? 0) + ((weights[i] ?? 0) / total) * 100),
  )
  return shares
}

describe('weights that split the requests of a backend', () => {
  it('are 1 where one revision has all', () => {
    expect(splitWeights(revision('blue', 100, times(3)))).toEqual([1, 1, 1])
  })

  it('are exact and small for a canary of 5 % beside 20 tasks', () => {
    const all = [...revision('blue', 95, times(20)), ...revision('green', 5, times(1))]
    expect(splitWeights(all)).toEqual([...times(20).map(() => 19), 20])
  })

  it('are exact for a percentage with digits after its point', () => {
    const all = [...revision('blue', 99.5, times(1)), ...revision('green', 0.5, times(1))]
    expect(splitWeights(all)).toEqual([199, 1])
  })

  it('keep the proportions that a policy gave within a revision', () => {
    const all = [...revision('blue', 50, [1, 3]), ...revision('green', 50, [1])]
    expect(splitWeights(all)).toEqual([1, 3, 4])
  })

  it('leave an endpoint without any weight without requests', () => {
    expect(splitWeights(revision('blue', 100, [0, 1]))).toEqual([0, 1])
  })

  it('give the others all, if a revision with a part has no endpoint', () => {
    expect(splitWeights(revision('green', 5, times(2)))).toEqual([1, 1])
  })

  it('law: are integers within 16 bits that give each revision its part, whatever the numbers of tasks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 400 }),
        (percent, blue, green) => {
          fc.pre(percent < 100)
          const all = [
            ...revision('blue', 100 - percent, times(blue)),
            ...revision('green', percent, times(green)),
          ]
          const weights = splitWeights(all)
          expect(weights.every((w) => Number.isInteger(w) && w >= 1 && w <= maxWeight)).toBe(true)
          // Rounding moves each endpoint by at most half a step of the greatest weight, and none below 1.
          const tolerance = (100 * (blue + green)) / maxWeight
          expect(Math.abs((sharesOf(all, weights).get('green') ?? 0) - percent)).toBeLessThanOrEqual(
            tolerance,
          )
        },
      ),
    )
  })

  it('law: the same numbers in another order give the same weights', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            revision: fc.constantFrom('a', 'b', 'c'),
            percent: fc.integer({ min: 1, max: 100 }),
            weight: fc.integer({ min: 0, max: 9 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        (all) => {
          const percents = new Map(all.map(({ revision: name, percent }) => [name, percent]))
          const one = all.map((each) => ({ ...each, percent: percents.get(each.revision) ?? 0 }))
          expect(splitWeights(one.toReversed())).toEqual(splitWeights(one).toReversed())
        },
      ),
    )
  })
})
