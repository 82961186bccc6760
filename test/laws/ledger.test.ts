import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Ledger } from '../../src/core/ledger.js'
import { holds } from './holds.js'

const sinks = ['table', 'zone', 'file'] as const

const step = fc.oneof(
  fc.record({ do: fc.constant('enter' as const), newest: fc.option(fc.nat(100), { nil: undefined }) }),
  fc.record({ do: fc.constant('settle' as const), sink: fc.constantFrom(...sinks), by: fc.nat(5) }),
  // A cursor of a sink that holds no acknowledgements, and one that has not been reached: both are nothing.
  fc.record({ do: fc.constant('settle' as const), sink: fc.constant('stdout'), by: fc.nat(5) }),
  fc.record({ do: fc.constant('settle' as const), sink: fc.constantFrom(...sinks), by: fc.constant(1000) }),
)
const steps = fc.array(step, { maxLength: 80, size: 'max' })
const required = fc.subarray([...sinks])

/** A ledger beside what is plainly true of it. */
const play = (
  needed: readonly string[],
  all: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  check: (ledger: Ledger, acks: readonly number[], minimum: number, returned: number) => void,
) => {
  const ledger = new Ledger(needed)
  const acks: number[] = []
  const nacks: number[] = []
  const cursors = new Map(needed.map((sink) => [sink, 0]))
  let revision = 0
  for (const one of all) {
    const before = acks.length
    let returned: number
    if (one.do === 'enter') {
      const mine = ++revision
      strictEqual(
        ledger.enter({ ack: () => acks.push(mine), nack: () => nacks.push(mine) }, one.newest),
        revision,
      )
      returned = acks.length - before
    } else {
      const to = (cursors.get(one.sink) ?? 0) + one.by
      if (cursors.has(one.sink)) cursors.set(one.sink, Math.min(revision, to))
      returned = ledger.settle(one.sink, to)
    }
    strictEqual(returned, acks.length - before)
    check(ledger, acks, Math.min(revision, ...cursors.values()), returned)
  }
  return { ledger, acks, nacks, revision }
}

describe('the ledger', () => {
  it('acknowledges exactly what every required cursor has passed: never above the minimum, each once, in order', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        play(needed, all, (_ledger, acks, minimum) =>
          deepStrictEqual(
            acks,
            Array.from({ length: minimum }, (_, i) => i + 1),
          ),
        )
      }),
    )
  })

  it('never lets a cursor go back, or beyond what was folded', () => {
    holds(
      fc.property(required, steps, fc.constantFrom(...sinks), (needed, all, sink) => {
        let last = 0
        play(needed, all, (ledger) => {
          const cursor = ledger.cursor(sink) ?? last
          ok(cursor >= last && cursor <= ledger.revision)
          last = cursor
        })
      }),
    )
  })

  it('acknowledges everything once every sink is quiet', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        const { ledger, acks, revision } = play(needed, all, () => undefined)
        for (const sink of needed) ledger.settle(sink, revision)
        strictEqual(acks.length, revision)
        strictEqual(ledger.unsettled, 0)
        ok(ledger.quiet)
      }),
    )
  })

  it('says how many deliveries are unsettled, and whether all sinks have caught up', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        play(needed, all, (ledger, acks, minimum) => {
          strictEqual(ledger.unsettled, ledger.revision - acks.length)
          strictEqual(ledger.quiet, minimum === ledger.revision)
        })
      }),
    )
  })

  it('tells the latest event among unsettled deliveries up to a revision', () => {
    holds(
      fc.property(steps, fc.nat(80), (all, upTo) => {
        const times = all.flatMap((one) => (one.do === 'enter' ? [one.newest] : []))
        const { ledger, acks } = play(['table'], all, () => undefined)
        const open = times.slice(acks.length, upTo).filter((time) => time !== undefined)
        strictEqual(ledger.newest(upTo), open.length === 0 ? undefined : Math.max(...open))
      }),
    )
  })

  it('gives back what is unsettled when abandoned, each once, and acknowledges none of it later', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        const { ledger, acks, nacks, revision } = play(needed, all, () => undefined)
        const settled = [...acks]
        ledger.abandon(new Error('stopped'))
        ledger.abandon(new Error('stopped again'))
        for (const sink of needed) ledger.settle(sink, revision)
        deepStrictEqual(acks, settled)
        deepStrictEqual(
          [...acks, ...nacks],
          Array.from({ length: revision }, (_, i) => i + 1),
        )
        strictEqual(ledger.unsettled, 0)
      }),
    )
  })

  it('lets go of what it has acknowledged: a million deliveries leave no more than a few thousand behind', () => {
    const ledger = new Ledger(['table'])
    let acks = 0
    let most = 0
    for (let i = 0; i < 1_000_000; i++) {
      const revision = ledger.enter({ ack: () => acks++, nack: () => undefined })
      if (i % 10 === 9) ledger.settle('table', revision - 5)
      if (i % 1000 === 0) most = Math.max(most, held(ledger))
    }
    ok(most < 5000, `${most} entries were held`)
    strictEqual(acks, 999_995)
  })

  it('may be settled again from within an acknowledgement', () => {
    const ledger = new Ledger(['table'])
    const acks: number[] = []
    for (let i = 1; i <= 3000; i++)
      ledger.enter({
        ack: () => {
          acks.push(i)
          ledger.settle('table', i + 1)
        },
        nack: () => undefined,
      })
    ledger.settle('table', 1)
    deepStrictEqual(
      acks,
      Array.from({ length: 3000 }, (_, i) => i + 1),
    )
    strictEqual(ledger.unsettled, 0)
  })
})

const held = (ledger: Ledger): number =>
  (ledger as unknown as { readonly entries: readonly unknown[] }).entries.length
