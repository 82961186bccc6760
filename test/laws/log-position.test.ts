import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLater, laterPosition } from '../../src/core/log-position.js'
import { refutation } from './holds.js'

const position = fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String)

/** Short ones as well, because most pairs of long numbers differ in their first digit. */
const positions = fc.tuple(
  fc.oneof(position, fc.nat(120).map(String)),
  fc.oneof(position, fc.nat(120).map(String)),
)

const comparesNumbers = (later: (a: string, b: string) => boolean) =>
  fc.property(positions, ([a, b]) => {
    expect(later(a, b)).toBe(BigInt(a) > BigInt(b))
  })

describe('positions in a log', () => {
  it('are in the order of their numbers', () => {
    fc.assert(comparesNumbers(isLater))
  })

  it('would not be as texts, nor as numbers of JavaScript', () => {
    expect(
      fc.check(
        comparesNumbers((a, b) => a > b),
        refutation,
      ).failed,
    ).toBe(true)
    const near = fc.property(position, (a) => expect(Number(String(BigInt(a) + 1n)) > Number(a)).toBe(true))
    expect(fc.check(near, refutation).failed).toBe(true)
  })

  it('have a later one, whichever comes first', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(laterPosition(a, b)).toBe(laterPosition(b, a))
        expect([a, b]).toContain(laterPosition(a, b))
      }),
    )
  })
})
