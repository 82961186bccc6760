import { ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { backoff } from '../../src/core/backoff.js'
import { holds } from './holds.js'

const attempt = fc.nat(10_000)
/** [0, 1), both ends included as far as they go. */
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const limits = fc.record({
  base: fc.integer({ min: 1, max: 10_000 }),
  cap: fc.integer({ min: 1, max: 100_000 }),
})

describe('backoff', () => {
  it('waits at most base × 2^attempt and never longer than the cap, however many attempts', () => {
    holds(
      fc.property(attempt, random, limits, (n, r, { base, cap }) => {
        const wait = backoff(n, () => r, { base, cap })
        ok(wait >= 0 && wait <= cap && wait <= base * 2 ** n)
      }),
    )
  })

  it('has full jitter: the wait is uniform from nothing to the whole', () => {
    holds(
      fc.property(attempt, random, limits, (n, r, options) => {
        const whole = Math.min(options.cap, options.base * 2 ** n)
        strictEqual(
          backoff(n, () => 0, options),
          0,
        )
        ok(Math.abs(backoff(n, () => r, options) - r * whole) <= whole * Number.EPSILON)
      }),
    )
  })

  it('waits no shorter at a later attempt, with the same luck', () => {
    holds(
      fc.property(attempt, random, limits, (n, r, options) =>
        ok(backoff(n + 1, () => r, options) >= backoff(n, () => r, options)),
      ),
    )
  })

  it('starts with at most 100 ms and ends with at most 30 s by default', () => {
    strictEqual(
      backoff(0, () => 0.5),
      50,
    )
    strictEqual(
      backoff(3, () => 0.5),
      400,
    )
    strictEqual(
      backoff(1000, () => 0.5),
      15_000,
    )
  })
})
