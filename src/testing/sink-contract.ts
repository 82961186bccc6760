import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Backend, formatAddress } from '../core/desired.js'
import { hostIn } from '../core/host-in.js'
import { PersistentMap } from '../core/persistent-map.js'
import { type Plan, plan } from '../core/plan.js'
import type { Outcome, Owner, Row, Sink } from '../core/sink.js'
import { backendOf, backendsArbitrary, backendsOf } from './backends.js'

/**
 * A sink over a target of its own, empty when it is made, and the hands of everybody else on that target. The
 * optional ones are capabilities: without one, the laws that need it are skipped, and shown as skipped.
 */
export interface SinkHarness<V> {
  readonly sink: Sink<V>
  /** The target's records by key, raw, with all that anybody could see in them; compared by `toEqual`. */
  readonly snapshot: () => Promise<ReadonlyMap<string, unknown>>
  /** How many writes of the sink the target has taken. */
  readonly writes: () => number
  /** What a value offers, as `formatAddress` writes it: each address once, in any order. */
  readonly addresses: (value: V) => readonly string[]
  /** Somebody else changes a record without regard to us, in something that the sink writes, but for its owner. */
  readonly tamper?: (key: string) => Promise<void>
  /** Somebody else, or nobody, has a record for this backend. */
  readonly plant?: (backend: Backend, owner: Owner | undefined) => Promise<void>
  /** Something in a record that is not the sink's to change, in as many places and types as there are. */
  readonly embellishment?: {
    readonly add: (key: string) => Promise<void>
    readonly read: (key: string) => Promise<unknown>
  }
  /** From now on, writes of this key fail, and only they. */
  readonly failOn?: (key: string) => void
  readonly dispose: () => Promise<void>
}

export interface SinkContractOptions {
  /** Runs of each law. Default: 30. */
  readonly runs?: number
}

const owner: Owner = 'contract'
const { signal } = new AbortController()
const nothing = PersistentMap.empty<Backend>()
const complete = backendsArbitrary({ complete: true })
const incomplete = backendsArbitrary({ complete: false })
type Backends = PersistentMap<Backend>

const byKey = <V>(rows: readonly Row<V>[]): ReadonlyMap<string, Row<V>> =>
  new Map(rows.map((row) => [row.key, row]))

const renderAgainst = <V>(
  sink: Sink<V>,
  backends: Backends,
  rows: readonly Row<V>[],
): ReadonlyMap<string, V> => sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))

const planned = async <V>(sink: Sink<V>, backends: Backends, isComplete = true): Promise<Plan<V>> => {
  const rows = await sink.read(signal)
  return plan(sink, renderAgainst(sink, backends, rows), rows, {
    owner,
    complete: isComplete,
    pruneGuard: 'off',
  })
}

/** As a reconciler does once, with nobody else about. */
const reconcile = async <V>(
  sink: Sink<V>,
  backends: Backends,
  isComplete = true,
): Promise<readonly Outcome<V>[]> => {
  const { changes } = await planned(sink, backends, isComplete)
  const outcomes = await sink.apply(changes, owner, signal)
  expect(outcomes.map(({ key, _tag }) => [key, _tag]).sort()).toEqual(
    changes.map(({ key }) => [key, 'Done']).sort(),
  )
  return outcomes
}

const addressesOf = ({ endpoints }: Backend): readonly string[] => [...new Set(endpoints.map(formatAddress))]
const offeredBy = (backends: Backends): readonly string[] =>
  [...backends.values()].flatMap(addressesOf).sort()
const offered = async <V>({ sink, addresses }: SinkHarness<V>): Promise<readonly string[]> =>
  (await sink.read(signal)).flatMap(({ value }) => addresses(value)).sort()

const expectSameRow = <V>(sink: Sink<V>, actual: Row<V> | undefined, expected: Row<V> | undefined): void => {
  expect(actual?.key).toBe(expected?.key)
  expect(actual?.owner).toEqual(expected?.owner)
  expect(actual?.etag).toEqual(expected?.etag)
  if (actual !== undefined && expected !== undefined)
    expect(sink.equals(actual.value, expected.value), `the value of ${actual.key}`).toBe(true)
}

/**
 * What every sink must do, as laws over random backends, run against the real target or one that speaks its protocol.
 * `make` is called once for each run.
 */
export const sinkContract = <V>(
  name: string,
  make: () => Promise<SinkHarness<V>>,
  { runs = 30 }: SinkContractOptions = {},
): void => {
  const lawThatNeeds = <C, A>(
    capability: (harness: SinkHarness<V>) => C | undefined,
    sentence: string,
    arbitrary: fc.Arbitrary<A>,
    check: (harness: SinkHarness<V>, generated: A, capability: C) => Promise<void>,
  ): void => {
    it(sentence, async ({ skip }) => {
      const probe = await make()
      const missing = capability(probe) === undefined
      await probe.dispose()
      skip(missing, 'the harness lacks the capability')
      await fc.assert(
        fc.asyncProperty(arbitrary, async (generated) => {
          const harness = await make()
          try {
            const able = capability(harness)
            if (able !== undefined) await check(harness, generated, able)
          } finally {
            await harness.dispose()
          }
        }),
        { numRuns: runs },
      )
    })
  }
  const law = <A>(
    sentence: string,
    arbitrary: fc.Arbitrary<A>,
    check: (harness: SinkHarness<V>, generated: A) => Promise<void>,
  ): void => {
    lawThatNeeds(() => true, sentence, arbitrary, check)
  }

  describe(`sink contract: ${name}`, () => {
    law(
      'applying a plan yields what was wanted on our rows, and offers exactly the live endpoints',
      fc.tuple(complete, complete),
      async (harness, states) => {
        const { sink } = harness
        for (const backends of states) {
          const wanted = renderAgainst(sink, backends, await sink.read(signal))
          await reconcile(sink, backends)
          const rows = byKey(await sink.read(signal))
          for (const [key, value] of wanted) {
            const row = rows.get(key)
            expect(row?.owner).toEqual(owner)
            expect(row !== undefined && sink.equals(row.value, value), key).toBe(true)
          }
          expect(await offered(harness)).toEqual(offeredBy(backends))
        }
      },
    )

    law(
      'the plan after apply is empty',
      fc.tuple(complete, fc.oneof(complete, incomplete)),
      async ({ sink }, [first, second]) => {
        await reconcile(sink, first)
        await reconcile(sink, second)
        expect(await planned(sink, second)).toEqual({ changes: [], skipped: [] })
      },
    )

    law(
      'applying twice writes once, and says that the second was too late',
      fc.tuple(complete, complete),
      async ({ sink, writes, snapshot }, [first, second]) => {
        await reconcile(sink, first)
        const { changes } = await planned(sink, second)
        await sink.apply(changes, owner, signal)
        const [count, contents] = [writes(), await snapshot()]
        const again = await sink.apply(changes, owner, signal)
        expect(again.map(({ _tag }) => _tag)).toEqual(changes.map(() => 'Conflict'))
        expect(writes()).toBe(count)
        expect(await snapshot()).toEqual(contents)
      },
    )

    law(
      'it reads its own writes, and what apply says is what read finds',
      fc.tuple(complete, complete),
      async ({ sink }, states) => {
        for (const backends of states) {
          const outcomes = await reconcile(sink, backends)
          const rows = byKey(await sink.read(signal))
          for (const outcome of outcomes)
            if (outcome._tag === 'Done') expectSameRow(sink, outcome.row, rows.get(outcome.key))
        }
      },
    )

    lawThatNeeds(
      ({ sink }) => sink.hostsOf?.bind(sink),
      'it tells to which hosts each record leads, and of one that offers nothing none',
      fc.tuple(complete, incomplete, complete),
      async ({ sink, addresses }, states, hostsOf) => {
        for (const [i, backends] of states.entries()) {
          await reconcile(sink, backends, i !== 1)
          for (const { key, value } of await sink.read(signal)) {
            const hosts = hostsOf(value)
            const expected = [...new Set(addresses(value).map((address) => hostIn(address)))]
            expect(hosts, key).toEqual(expect.arrayContaining(expected))
            expect(new Set(hosts).size, key).toBe(hosts.length)
            if (expected.length === 0) expect(hosts, key).toEqual([])
            if (sink.emptied !== undefined) expect(hostsOf(sink.emptied(value)), key).toEqual([])
          }
        }
      },
    )

    lawThatNeeds(
      ({ tamper }) => tamper,
      'a change that was planned against another record is a conflict, changes nothing, and holds up no other',
      fc.tuple(complete, complete, fc.nat()),
      async ({ sink, snapshot }, [first, second, pick], tamper) => {
        await reconcile(sink, first)
        const { changes } = await planned(sink, second)
        const stale = changes.filter(({ _tag }) => _tag !== 'Create')
        const key = stale[pick % stale.length]?.key
        if (key === undefined) return
        await tamper(key)
        const tampered = (await snapshot()).get(key)
        const outcomes = await sink.apply(changes, owner, signal)
        for (const outcome of outcomes) expect(outcome._tag).toBe(outcome.key === key ? 'Conflict' : 'Done')
        expect((await snapshot()).get(key)).toEqual(tampered)
        const conflict = outcomes.find((outcome) => outcome.key === key)
        if (conflict?._tag !== 'Conflict') throw new Error(`no outcome for ${key}`)
        if (conflict.found !== 'unread')
          expectSameRow(sink, conflict.found, byKey(await sink.read(signal)).get(key))
        await reconcile(sink, second)
      },
    )

    lawThatNeeds(
      ({ failOn }) => failOn,
      'a write that fails is reported for its key, and the others are made',
      fc.tuple(complete, complete, fc.nat()),
      async ({ sink, snapshot }, [first, second, pick], failOn) => {
        await reconcile(sink, first)
        const { changes } = await planned(sink, second)
        const key = changes[pick % changes.length]?.key
        if (key === undefined) return
        const before = (await snapshot()).get(key)
        failOn(key)
        const outcomes = await sink.apply(changes, owner, signal)
        expect(new Map(outcomes.map((outcome) => [outcome.key, outcome._tag]))).toEqual(
          new Map(changes.map((change) => [change.key, change.key === key ? 'Failed' : 'Done'])),
        )
        expect((await snapshot()).get(key)).toEqual(before)
        const left = await planned(sink, second)
        expect(left.changes.map((change) => change.key)).toEqual([key])
      },
    )

    lawThatNeeds(
      ({ embellishment }) => embellishment,
      'it keeps everything in a record that it does not own',
      fc.tuple(complete, complete),
      async ({ sink, snapshot }, [first, second], { add, read }) => {
        await reconcile(sink, first)
        const keys = [...(await snapshot()).keys()]
        for (const key of keys) await add(key)
        const added = new Map<string, unknown>()
        for (const key of keys) added.set(key, await read(key))
        await reconcile(sink, second)
        for (const key of (await snapshot()).keys())
          if (added.has(key)) expect(await read(key)).toEqual(added.get(key))
      },
    )

    lawThatNeeds(
      ({ plant }) => plant,
      'records of another owner are untouched, and hold up no other',
      fc.tuple(complete, complete, complete),
      async ({ sink, snapshot }, [theirs, first, second], plant) => {
        for (const backend of theirs.values()) await plant(backend, 'somebody else')
        const planted = await snapshot()
        for (const backends of [first, second, nothing]) {
          const { changes, skipped } = await planned(sink, backends)
          expect(changes.filter(({ key }) => planted.has(key))).toEqual([])
          expect(skipped.every(({ why, change }) => why === 'foreign' && planted.has(change.key))).toBe(true)
          await reconcile(sink, backends)
          const contents = await snapshot()
          for (const [key, record] of planted) expect(contents.get(key)).toEqual(record)
        }
      },
    )

    lawThatNeeds(
      ({ plant }) => plant,
      'a record without an owner is adopted when it is desired, if the sink adopts, and otherwise untouched',
      fc.tuple(complete, complete),
      async ({ sink, snapshot }, [unowned, backends], plant) => {
        for (const backend of unowned.values()) await plant(backend, undefined)
        const planted = await snapshot()
        await reconcile(sink, backends)
        const contents = await snapshot()
        const rows = await sink.read(signal)
        const desired = renderAgainst(sink, backends, rows)
        for (const { key, owner: holder } of rows) {
          if (!planted.has(key)) continue
          const adopted = sink.adopt && desired.has(key)
          expect(holder).toEqual(adopted ? owner : undefined)
          if (!adopted) expect(contents.get(key)).toEqual(planted.get(key))
        }
      },
    )

    law(
      'incomplete knowledge adds what is live, removes what is gone, and leaves everything else',
      fc.tuple(complete, incomplete),
      async (harness, [before, now]) => {
        const { sink, snapshot } = harness
        await reconcile(sink, before)
        const keys = [...(await snapshot()).keys()]
        await reconcile(sink, now, false)
        expect([...(await snapshot()).keys()]).toEqual(expect.arrayContaining(keys))
        const merged = new Map([...before].map(([backend, held]) => [backend, new Set(addressesOf(held))]))
        for (const [backend, partial] of now) {
          const addresses = merged.get(backend) ?? new Set<string>()
          for (const address of partial.gone) addresses.delete(formatAddress(address))
          for (const address of addressesOf(partial)) addresses.add(address)
          merged.set(backend, addresses)
        }
        expect(await offered(harness)).toEqual(
          [...merged.values()].flatMap((addresses) => [...addresses]).sort(),
        )
      },
    )

    law(
      'what nothing desires any more is pruned when knowledge is complete, and skipped before',
      complete,
      async (harness, backends) => {
        const { sink, snapshot } = harness
        await reconcile(sink, backends)
        const contents = await snapshot()
        await reconcile(sink, nothing, false)
        expect(await snapshot()).toEqual(contents)
        await reconcile(sink, nothing)
        expect(await offered(harness)).toEqual([])
      },
    )

    law(
      'render is canonical: the order in which backends were inserted makes no difference',
      fc.tuple(complete, complete, incomplete),
      async ({ sink }, [held, ...states]) => {
        await reconcile(sink, held)
        const rows = await sink.read(signal)
        for (const backends of states) {
          const one = renderAgainst(sink, backends, rows)
          const other = renderAgainst(sink, PersistentMap.from([...backends].reverse()), [...rows].reverse())
          expect([...other.keys()].sort()).toEqual([...one.keys()].sort())
          for (const [key, value] of one) {
            const same = other.get(key)
            expect(same !== undefined && sink.equals(value, same), key).toBe(true)
          }
        }
      },
    )

    law(
      'render is idempotent: rendering onto what was rendered changes nothing',
      fc.tuple(complete, fc.oneof(complete, incomplete)),
      async ({ sink }, [held, backends]) => {
        await reconcile(sink, held)
        const once = renderAgainst(sink, backends, await sink.read(signal))
        const twice = sink.render(backends, once)
        expect([...twice.keys()].sort()).toEqual([...once.keys()].sort())
        for (const [key, value] of once) {
          const same = twice.get(key)
          expect(same !== undefined && sink.equals(value, same), key).toBe(true)
        }
      },
    )

    it('a version 6 address is offered in brackets', async () => {
      const harness = await make()
      await reconcile(harness.sink, backendsOf([backendOf('web', [{ host: 'fd00::2', port: 8080 }])]))
      expect(await offered(harness)).toEqual(['[fd00::2]:8080'])
      await harness.dispose()
    })
  })
}
