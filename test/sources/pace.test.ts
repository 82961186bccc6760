import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  firstPace,
  intervalOf,
  nextPace,
  type PaceLimits,
  type Verdict,
} from '../../src/sources/ecs-api/snapshots/pace.js'
import { runs } from '../laws/runs.js'

const limits = fc
  .record({ shortest: fc.integer({ min: 1, max: 1_000_000 }), times: fc.integer({ min: 1, max: 300 }) })
  .map(({ shortest, times }): PaceLimits => ({ shortest, longest: shortest * times }))
const verdict = fc.constantFrom<Verdict>('agreed', 'idle', 'disagreed')

/** What must hold of any decider. */
const paceLaw = (next: typeof nextPace) =>
  fc.property(limits, fc.array(verdict, { maxLength: 40 }), (within, verdicts) => {
    let pace = firstPace
    expect(intervalOf(pace, within)).toBe(within.shortest)
    for (const each of verdicts) {
      const before = intervalOf(pace, within)
      pace = next(pace, each, within)
      const after = intervalOf(pace, within)
      if (each === 'agreed') expect(after).toBe(Math.min(2 * before, within.longest))
      if (each === 'idle') expect(after).toBe(before)
      if (each === 'disagreed') expect(after).toBe(within.shortest)
    }
    // However long events have agreed, one disagreement is enough, and the way back is as short as ever.
    const again = next(next(pace, 'disagreed', within), 'agreed', within)
    expect(intervalOf(again, within)).toBe(Math.min(2 * within.shortest, within.longest))
  })

describe('the pace of snapshots', () => {
  it('doubles with each agreement up to the longest, stays while nothing happens, and is the shortest after a disagreement', () => {
    fc.assert(paceLaw(nextPace), { numRuns: runs })
  })

  it.each<readonly [string, typeof nextPace]>([
    ['never goes back', (pace, each, within) => (each === 'disagreed' ? pace : nextPace(pace, each, within))],
    [
      'takes silence for agreement',
      (pace, each, within) => nextPace(pace, each === 'idle' ? 'agreed' : each, within),
    ],
    [
      'halves after a disagreement',
      (pace, each, within) =>
        each === 'disagreed' ? { doublings: Math.max(0, pace.doublings - 1) } : nextPace(pace, each, within),
    ],
    [
      'counts on beyond the longest',
      (pace, each, within) =>
        each === 'agreed' ? { doublings: pace.doublings + 2 } : nextPace(pace, each, within),
    ],
  ])('is caught if it %s', (_, wrong) => {
    expect(fc.check(paceLaw(wrong), { numRuns: 300 }).failed).toBe(true)
  })
})
