import fc from 'fast-check'
import { expect } from 'vitest'
import { type Backend, formatAddress } from '../core/desired.js'
import { PersistentMap } from '../core/persistent-map.js'
import type { Change, Outcome, Owner, Sink } from '../core/sink.js'
import { backendsArbitrary } from './backends.js'
import { attempted, type Backends, offered, offeredBy, planned, signal, them, us } from './reconciled-once.js'
import { capability, type SinkHarness } from './sink-harness.js'
import { law, reconcile, type SinkLaw } from './sink-law.js'

const nothing = PersistentMap.empty<Backend>()
const complete = backendsArbitrary({ complete: true })

/** More than any sink needs, since each attempt starts from what the previous one found. */
const mostAttempts = 8

const keysOf = <V>(outcomes: readonly Outcome<V>[], _tag: Outcome<V>['_tag']): readonly string[] =>
  outcomes.filter((outcome) => outcome._tag === _tag).map(({ key }) => key)

/** A sink whose target has a single owner may refuse by rejecting. */
const unlessRefused = async <A>(attempt: Promise<A>): Promise<A | 'refused'> =>
  attempt.catch(() => 'refused' as const)

/** Applies a plan. Every change must be done or a conflict: a race must not make it fail. */
const raced = async <V>(
  sink: Sink<V>,
  changes: readonly Change<V>[],
  owner: Owner,
): Promise<readonly Outcome<V>[]> => {
  const outcomes = await sink.apply(changes, owner, signal)
  expect(keysOf(outcomes, 'Failed'), 'changes that failed in a race').toEqual([])
  return outcomes
}

/** Repeats attempts until the sink has nothing to do. Returns whether that happened. */
const isQuietAfter = async <V>(sink: Sink<V>, backends: Backends, owner: Owner): Promise<boolean> => {
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const made = await unlessRefused(attempted(sink, backends, { owner }))
    if (made === 'refused' || made.plan.changes.length === 0) return true
  }
  return false
}

const recordsAt = async <V>(
  { snapshot }: Pick<SinkHarness<V>, 'snapshot'>,
  keys: readonly string[],
): Promise<ReadonlyMap<string, unknown>> => {
  const all = await snapshot()
  return new Map(keys.map((key) => [key, all.get(key)]))
}

const ownedBy = async <V>(sink: Sink<V>, owner: Owner): Promise<readonly string[]> =>
  (await sink.read(signal)).filter((row) => row.owner === owner).map(({ key }) => key)

/** The laws for a sink whose target is also written by sinks of the same kind. */
export const sinkRaceLaws: readonly SinkLaw[] = [
  law(
    'a sink that starts finds what another wrote, and deletes nothing before it knows all',
    ['restart'],
    fc.tuple(complete, complete),
    async ({ sink, snapshot, addresses, ...harness }, [before, after]) => {
      const another = capability(harness.another, 'restart')
      await reconcile(sink, before)
      const contents = await snapshot()
      const restarted = another()
      expect((await planned(restarted, before)).changes, 'changes after a restart').toEqual([])
      await reconcile(restarted, nothing, { complete: false })
      expect(await snapshot()).toEqual(contents)
      await reconcile(restarted, after)
      expect(await offered({ sink: another(), addresses })).toEqual(offeredBy(after))
    },
  ),

  law(
    'what another owner wrote is untouched as a whole, whatever this sink desires',
    ['restart'],
    fc.tuple(complete, complete),
    async ({ sink, ...harness }, [theirs, ours]) => {
      const other = capability(harness.another, 'restart')()
      const written = keysOf(await reconcile(other, theirs, { owner: them }), 'Done')
      expect(await ownedBy(sink, them), 'keys of the other owner, as read').toEqual(
        expect.arrayContaining([...written]),
      )
      const records = await recordsAt(harness, written)
      for (const backends of [ours, nothing]) {
        await unlessRefused(attempted(sink, backends))
        expect(await recordsAt(harness, written), 'records of the other owner').toEqual(records)
      }
      expect(await ownedBy(other, them), 'keys of the other owner, in the end').toEqual(
        expect.arrayContaining([...written]),
      )
      expect((await planned(other, theirs, { owner: them })).changes, 'changes of the other owner').toEqual(
        [],
      )
    },
  ),

  law(
    'of two sinks of one owner that plan at once, one finds a conflict, and both come to the same',
    ['races'],
    fc.tuple(complete, complete, complete, complete),
    async ({ sink, addresses, ...harness }, [before, first, second, last]) => {
      const other = capability(harness.another, 'races')()
      await reconcile(sink, before)
      const ours = await planned(sink, first)
      const theirs = await planned(other, second)
      const done = new Set(keysOf(await raced(other, theirs.changes, us), 'Done'))
      const late = keysOf(await raced(sink, ours.changes, us), 'Done')
      expect(
        late.filter((key) => done.has(key)),
        'records that both wrote, planned against one and the same',
      ).toEqual([])
      expect(await isQuietAfter(sink, last, us), 'one comes to rest').toBe(true)
      expect(await isQuietAfter(other, last, us), 'the other comes to rest').toBe(true)
      expect((await planned(sink, last)).changes, 'changes when both rest').toEqual([])
      expect(await offered({ sink, addresses })).toEqual(offeredBy(last))
    },
  ),

  law(
    'of two owners that plan at once, neither loses what it wrote to the other',
    ['races'],
    fc.tuple(complete, complete),
    async ({ sink, addresses, ...harness }, [ours, theirs]) => {
      const other = capability(harness.another, 'races')()
      const late = await planned(sink, ours)
      const { changes } = await planned(other, theirs, { owner: them })
      const written = keysOf(await raced(other, changes, them), 'Done')
      const records = await recordsAt(harness, written)
      const outcomes = await unlessRefused(sink.apply(late.changes, us, signal))
      const done = outcomes === 'refused' ? [] : keysOf(outcomes, 'Done')
      expect(
        done.filter((key) => written.includes(key)),
        'records that were taken over',
      ).toEqual([])
      expect(await isQuietAfter(sink, ours, us), 'the late one comes to rest').toBe(true)
      expect(await recordsAt(harness, written), 'records of the other owner').toEqual(records)
      expect((await planned(other, theirs, { owner: them })).changes, 'changes of the other owner').toEqual(
        [],
      )
      const kept = [...theirs.values()].flatMap(({ endpoints }) => endpoints.map(formatAddress))
      expect(await offered({ sink: other, addresses })).toEqual(expect.arrayContaining(kept))
    },
  ),
]
