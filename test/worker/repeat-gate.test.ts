import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RepeatGate } from '../../src/worker/observability/repeat-gate.js'
import { runs } from '../laws/runs.js'

type Gate = Pick<RepeatGate, 'pass'>

const options = { windowMs: 10, longestMs: 20 }

/** Calls at these distances, and what became of each. */
const outcomes = (make: (now: () => number) => Gate, distances: readonly number[]) => {
  let at = 0
  const gate = make(() => at)
  return distances.map((distance) => {
    at += distance
    return { at, heldBack: gate.pass('a') }
  })
}

/** Every call is counted, and a key that keeps coming passes at growing intervals, but not at endless ones. */
const lawOf = (make: (now: () => number) => Gate) =>
  fc.property(
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 300, size: 'max' }),
    (distances) => {
      const all = outcomes(make, distances)
      const passed = all.filter(({ heldBack }) => heldBack !== undefined)
      const last = passed.at(-1)
      const waiting = all.filter(({ at, heldBack }) => heldBack === undefined && at >= (last?.at ?? 0)).length
      const counted = passed.reduce((sum, { heldBack = 0 }) => sum + heldBack, 0)
      // Those held back before the last pass, and after it.
      const heldBack = all.filter((each) => each.heldBack === undefined).length
      expect(counted).toBeGreaterThanOrEqual(heldBack - waiting)
      expect(counted).toBeLessThanOrEqual(heldBack)
      const gaps = passed.slice(1).map(({ at }, i) => at - (passed[i]?.at ?? 0))
      for (const [i, gap] of gaps.entries()) {
        const least = Math.min(options.windowMs * 2 ** i, options.longestMs)
        expect(gap).toBeGreaterThanOrEqual(least)
        expect(gap).toBeLessThan(least + 10)
      }
    },
  )

describe('the gate for repetitions', () => {
  it('counts every repetition, and lets one pass at intervals that double up to a limit', () => {
    fc.assert(
      lawOf((now) => new RepeatGate(now, options)),
      { numRuns: runs },
    )
  })

  it.each<[string, (now: () => number) => Gate]>([
    ['whose interval stays the same', (now) => new RepeatGate(now, { ...options, longestMs: 10 })],
    ['whose interval has no limit', (now) => new RepeatGate(now, { ...options, longestMs: 1e9 })],
    [
      'that forgets what it held back',
      (now) => {
        const gate = new RepeatGate(now, options)
        return { pass: (key) => (gate.pass(key) === undefined ? undefined : 0) }
      },
    ],
  ])('fails for one %s', (_, make) => {
    expect(fc.check(lawOf(make), { numRuns: Math.max(runs, 300) }).failed).toBe(true)
  })

  it('begins anew with a message that has not come for a whole interval', () => {
    const [, , third, fourth, fifth, sixth] = outcomes(
      (now) => new RepeatGate(now, options),
      [0, 5, 5, 20, 5, 5],
    )
    expect([third, fourth, fifth, sixth].map((each) => each?.heldBack)).toEqual([1, 0, undefined, 1])
  })
})
