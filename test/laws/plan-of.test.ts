import { describe, expect, it } from 'vitest'
import { defaultPruneGuard, plan, planOf, type PlanOptions } from '../../src/core/plan.js'
import type { Change, Row } from '../../src/core/sink.js'
import type { Verdict } from '../../src/core/verdict.js'

type Hosts = readonly string[]
type Options = Partial<Omit<PlanOptions, 'owner' | 'unjudged'>>

const row = (key: string, value: Hosts = ['a']): Row<Hosts> => ({ key, value, owner: 'me', etag: undefined })
const update = (key: string, after: Hosts = []) => ({ _tag: 'Update', key, before: row(key), after }) as const
const removal = (key: string) => ({ _tag: 'Delete', key, before: row(key) }) as const
const emptying = (key: string): Verdict<Hosts> => ({ _tag: 'Emptying', change: update(key) })
const pruning = (key: string): Verdict<Hosts> => ({ _tag: 'Pruning', change: removal(key) })

const equals = (a: Hosts, b: Hosts) => a.join() === b.join()
const guard = { share: 0.5, atLeast: 2 }

const planned = (
  verdicts: readonly Verdict<Hosts>[],
  options: Options = {},
  emptied?: (value: Hosts) => Hosts,
) =>
  planOf<Hosts>({ equals, ...(emptied !== undefined && { emptied }) }, verdicts, 4, {
    complete: true,
    pruneGuard: guard,
    ...options,
  })

const why = (skipped: readonly { readonly change: Change<Hosts>; readonly why: string }[]) =>
  skipped.map((one) => `${one.change.key}: ${one.why}`)

describe('the plan that follows from verdicts', () => {
  it('has every change and every skip, by key', () => {
    const skip = (key: string): Verdict<Hosts> => ({ _tag: 'Skip', change: update(key), why: 'foreign' })
    const change = (key: string): Verdict<Hosts> => ({ _tag: 'Change', change: update(key, ['b']) })
    const { changes, skipped } = planned([
      skip('f'),
      change('c'),
      pruning('b'),
      skip('e'),
      change('a'),
      skip('g'),
      emptying('d'),
    ])
    expect(changes).toEqual([update('a', ['b']), removal('b'), update('c', ['b']), update('d')])
    expect(skipped.map((one) => one.change)).toEqual(['e', 'f', 'g'].map((key) => update(key)))
    expect(why(skipped)).toEqual(['e: foreign', 'f: foreign', 'g: foreign'])
  })

  it('prunes nothing of what is not known as a whole, and counts it in no doubt', () => {
    const all = [pruning('a'), pruning('b'), pruning('c')]
    const { changes, skipped } = planned(all, { complete: false }, () => [])
    expect(changes).toEqual([])
    expect(why(skipped)).toEqual(['a: incomplete', 'b: incomplete', 'c: incomplete'])
    const mixed = planned([...all, emptying('d')], { complete: false })
    expect(mixed.changes).toEqual([update('d')])
  })

  it.each([
    ['more than the share, and enough', [emptying('a'), emptying('b'), pruning('c')], {}, 3],
    ['no more than the share', [emptying('a'), pruning('b')], {}, 0],
    [
      'fewer than enough',
      [emptying('a'), pruning('b'), pruning('c')],
      { pruneGuard: { share: 0.5, atLeast: 4 } },
      0,
    ],
    [
      'just enough',
      [emptying('a'), pruning('b'), pruning('c')],
      { pruneGuard: { share: 0.5, atLeast: 3 } },
      3,
    ],
    ['anything, without a guard', [emptying('a'), pruning('b'), pruning('c')], { pruneGuard: 'off' }, 0],
    ['enough that was confirmed', [emptying('a'), pruning('b'), pruning('c')], { confirmed: true }, 0],
  ] as const)('doubts %s', (_, verdicts, options: Options, doubted) => {
    const { changes, skipped } = planned(verdicts, options)
    expect(why(skipped)).toEqual(['a', 'b', 'c'].slice(0, doubted).map((key) => `${key}: too-much`))
    expect(changes).toHaveLength(verdicts.length - doubted)
  })

  it('doubts by the default guard where none is given', () => {
    expect(defaultPruneGuard).toEqual({ share: 0.5, atLeast: 10 })
    const keys = 'a b c d e f g h i j'.split(' ')
    const sure = planOf({ equals }, keys.slice(1).map(pruning), 9, { complete: true })
    expect(sure.skipped).toEqual([])
    const doubted = planOf({ equals }, keys.map(pruning), 10, { complete: true })
    expect(doubted.changes).toEqual([])
    expect(doubted.skipped).toEqual(keys.map((key) => ({ change: removal(key), why: 'too-much' })))
  })

  describe('once newer snapshots have confirmed what the guard doubted', () => {
    const all = [pruning('a'), pruning('b'), pruning('c'), emptying('d')]

    it('empties in place of deleting, where the sink can', () => {
      const { changes, skipped } = planned(all, { confirmed: true }, () => [])
      expect(changes).toEqual(['a', 'b', 'c', 'd'].map((key) => update(key)))
      expect(skipped).toEqual(['a', 'b', 'c'].map((key) => ({ change: removal(key), why: 'emptied-only' })))
    })

    it('changes no record that is empty, and deletes what the sink cannot empty', () => {
      expect(planned(all, { confirmed: true }, (value) => value).changes).toEqual([update('d')])
      expect(planned(all, { confirmed: true }).changes).toContainEqual(removal('a'))
    })

    it('deletes as ever what was not doubted, and updates what was pruned by an update', () => {
      expect(planned([pruning('a')], { confirmed: true }, () => [])).toEqual({
        changes: [removal('a')],
        skipped: [],
      })
      const pruned = ['a', 'b', 'c'].map(
        (key) => ({ _tag: 'Pruning', change: update(key, ['rest']) }) as const,
      )
      expect(planned(pruned, { confirmed: true }, () => [])).toEqual({
        changes: ['a', 'b', 'c'].map((key) => update(key, ['rest'])),
        skipped: [],
      })
    })
  })
})

describe('the plan from scratch', () => {
  it('has nothing where nothing differs, and counts the records of the owner alone for the guard', () => {
    const sink = { equals, adopt: false, prune: (): Hosts | undefined => undefined }
    const held = [
      row('a'),
      row('b'),
      row('c'),
      ...['x', 'y', 'z'].map((key) => ({ ...row(key), owner: 'them' })),
    ]
    expect(
      plan<Hosts>(sink, new Map([['a', ['a']]]), held.slice(0, 1), { owner: 'me', complete: true }),
    ).toEqual({
      changes: [],
      skipped: [],
    })
    const options = { owner: 'me', complete: true, pruneGuard: guard }
    const whyOf = (wanted: ReadonlyMap<string, Hosts>, rows: readonly Row<Hosts>[]) =>
      why(plan<Hosts>(sink, wanted, rows, options).skipped)
    // More than half of ours, and exactly half of them: those of others count for neither.
    expect(whyOf(new Map([['a', ['a']]]), held)).toEqual(['b: too-much', 'c: too-much'])
    expect(
      whyOf(
        new Map([
          ['a', ['a']],
          ['d', ['a']],
          ['new', ['a']],
        ]),
        [row('d'), ...held.slice(0, 4)],
      ),
    ).toEqual([])
    const dark = { ...options, unjudged: new Set(['dark']) }
    expect(why(plan<Hosts>(sink, new Map(), held.slice(0, 1), dark).skipped)).toEqual(['a: unjudged'])
  })
})
