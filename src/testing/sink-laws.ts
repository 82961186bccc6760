import fc from 'fast-check'
import { expect } from 'vitest'
import { comparePlans } from '../core/compare-plans.js'
import { type Backend, formatAddress } from '../core/desired.js'
import { hostIn } from '../core/host-in.js'
import { PersistentMap } from '../core/persistent-map.js'
import type { Plan } from '../core/plan.js'
import { atOnce } from '../core/sliced.js'
import { TargetView } from '../core/target-view.js'
import { backendsArbitrary } from './backends.js'
import {
  addressesOf,
  byKey,
  offered,
  offeredBy,
  planned,
  renderAgainst,
  signal,
  us,
} from './reconciled-once.js'
import { capability } from './sink-harness.js'
import { expectSameRow, law, reconcile, type SinkLaw } from './sink-law.js'

const keysOf = ({ changes, skipped }: Plan<unknown>): string =>
  [...changes, ...skipped.map(({ change }) => change)].map(({ _tag, key }) => `${_tag} ${key}`).join(', ')

const nothing = PersistentMap.empty<Backend>()
const complete = backendsArbitrary({ complete: true })
const incomplete = backendsArbitrary({ complete: false })

/** The laws for a sink while no other writer uses its target. */
export const sinkLaws: readonly SinkLaw[] = [
  law(
    'applying a plan yields what was wanted on our rows, and offers exactly the live endpoints',
    [],
    fc.tuple(complete, complete),
    async (harness, states) => {
      const { sink } = harness
      for (const backends of states) {
        const wanted = renderAgainst(sink, backends, await sink.read(signal))
        await reconcile(sink, backends)
        const rows = byKey(await sink.read(signal))
        for (const [key, value] of wanted) {
          const row = rows.get(key)
          expect(row?.owner).toBe(us)
          expect(row !== undefined && sink.equals(row.value, value), key).toBe(true)
        }
        expect(await offered(harness)).toEqual(offeredBy(backends))
      }
    },
  ),

  law(
    'the plan after apply is empty',
    [],
    fc.tuple(complete, fc.oneof(complete, incomplete)),
    async ({ sink }, [first, second]) => {
      await reconcile(sink, first)
      await reconcile(sink, second)
      expect(await planned(sink, second)).toEqual({ changes: [], skipped: [] })
    },
  ),

  law(
    'applying twice writes once, and says that the second was too late',
    [],
    fc.tuple(complete, complete),
    async ({ sink, writes, snapshot }, [first, second]) => {
      await reconcile(sink, first)
      const { changes } = await planned(sink, second)
      await sink.apply(changes, us, signal)
      const [count, contents] = [writes(), await snapshot()]
      const again = await sink.apply(changes, us, signal)
      expect(again.map(({ _tag }) => _tag)).toEqual(changes.map(() => 'Conflict'))
      expect(writes()).toBe(count)
      expect(await snapshot()).toEqual(contents)
    },
  ),

  law(
    'it reads its own writes, and what apply says is what read finds',
    [],
    fc.tuple(complete, complete),
    async ({ sink }, states) => {
      for (const backends of states) {
        const outcomes = await reconcile(sink, backends)
        const rows = byKey(await sink.read(signal))
        for (const outcome of outcomes)
          if (outcome._tag === 'Done') expectSameRow(sink, outcome.row, rows.get(outcome.key))
      }
    },
  ),

  law(
    'it says to which hosts each record leads, and names none for a record that offers nothing',
    ['hosts'],
    fc.tuple(complete, incomplete, complete),
    async ({ sink, addresses }, states) => {
      const hostsOf = capability(sink.hostsOf?.bind(sink), 'hosts')
      for (const [i, backends] of states.entries()) {
        await reconcile(sink, backends, { complete: i !== 1 })
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
  ),

  law(
    'a change that was planned against another record is a conflict, changes nothing, and blocks no other',
    ['tampering'],
    fc.tuple(complete, complete, fc.nat()),
    async ({ sink, snapshot, ...harness }, [first, second, pick]) => {
      const tamper = capability(harness.tamper, 'tampering')
      await reconcile(sink, first)
      const { changes } = await planned(sink, second)
      const stale = changes.filter(({ _tag }) => _tag !== 'Create')
      const key = stale[pick % stale.length]?.key
      if (key === undefined) return
      await tamper(key)
      const tampered = (await snapshot()).get(key)
      const outcomes = await sink.apply(changes, us, signal)
      for (const outcome of outcomes) expect(outcome._tag).toBe(outcome.key === key ? 'Conflict' : 'Done')
      expect((await snapshot()).get(key)).toEqual(tampered)
      const conflict = outcomes.find((outcome) => outcome.key === key)
      if (conflict?._tag !== 'Conflict') throw new Error(`no outcome for ${key}`)
      if (conflict.found !== 'unread')
        expectSameRow(sink, conflict.found, byKey(await sink.read(signal)).get(key))
      await reconcile(sink, second)
    },
  ),

  law(
    'a write that fails is reported for its key, and the others are made',
    ['partial-failure'],
    fc.tuple(complete, complete, fc.nat()),
    async ({ sink, snapshot, ...harness }, [first, second, pick]) => {
      const failOn = capability(harness.failOn, 'partial-failure')
      await reconcile(sink, first)
      const { changes } = await planned(sink, second)
      const key = changes[pick % changes.length]?.key
      if (key === undefined) return
      const before = (await snapshot()).get(key)
      failOn(key)
      const outcomes = await sink.apply(changes, us, signal)
      expect(new Map(outcomes.map((outcome) => [outcome.key, outcome._tag]))).toEqual(
        new Map(changes.map((change) => [change.key, change.key === key ? 'Failed' : 'Done'])),
      )
      expect((await snapshot()).get(key)).toEqual(before)
      const left = await planned(sink, second)
      expect(left.changes.map((change) => change.key)).toEqual([key])
    },
  ),

  law(
    'it keeps everything in a record that it does not own',
    ['extras'],
    fc.tuple(complete, complete),
    async ({ sink, snapshot, ...harness }, [first, second]) => {
      const { add, read } = capability(harness.embellishment, 'extras')
      await reconcile(sink, first)
      const keys = [...(await snapshot()).keys()]
      for (const key of keys) await add(key)
      const added = new Map<string, unknown>()
      for (const key of keys) added.set(key, await read(key))
      await reconcile(sink, second)
      for (const key of (await snapshot()).keys())
        if (added.has(key)) expect(await read(key)).toEqual(added.get(key))
    },
  ),

  law(
    'records of another owner are untouched, and block no other',
    ['foreign-rows'],
    fc.tuple(complete, complete, complete),
    async ({ sink, snapshot, ...harness }, [theirs, first, second]) => {
      const plant = capability(harness.plant, 'foreign-rows')
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
  ),

  law(
    'a record without an owner is adopted when it is desired, if the sink adopts, and otherwise untouched',
    ['adoption'],
    fc.tuple(complete, complete),
    async ({ sink, snapshot, ...harness }, [unowned, backends]) => {
      const plant = capability(harness.plant, 'adoption')
      for (const backend of unowned.values()) await plant(backend, undefined)
      const planted = await snapshot()
      await reconcile(sink, backends)
      const contents = await snapshot()
      const rows = await sink.read(signal)
      const desired = renderAgainst(sink, backends, rows)
      for (const { key, owner: holder } of rows) {
        if (!planted.has(key)) continue
        const adopted = sink.adopt && desired.has(key)
        expect(holder).toEqual(adopted ? us : undefined)
        if (!adopted) expect(contents.get(key)).toEqual(planted.get(key))
      }
    },
  ),

  law(
    'an incomplete state adds what is live, removes what is gone, and leaves everything else',
    [],
    fc.tuple(complete, incomplete),
    async (harness, [before, now]) => {
      const { sink, snapshot } = harness
      await reconcile(sink, before)
      const keys = [...(await snapshot()).keys()]
      await reconcile(sink, now, { complete: false })
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
  ),

  law(
    'what nothing desires any more is pruned when the state is complete, and skipped before',
    [],
    complete,
    async (harness, backends) => {
      const { sink, snapshot } = harness
      await reconcile(sink, backends)
      const contents = await snapshot()
      await reconcile(sink, nothing, { complete: false })
      expect(await snapshot()).toEqual(contents)
      await reconcile(sink, nothing)
      expect(await offered(harness)).toEqual([])
    },
  ),

  law(
    'render is canonical: the order in which backends were inserted makes no difference',
    [],
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
  ),

  law(
    'render is idempotent: rendering onto what was rendered changes nothing',
    [],
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
  ),

  law(
    'rendering only the parts that changed leads to the plan that rendering everything leads to',
    [],
    fc.tuple(complete, fc.array(fc.oneof(complete, incomplete), { minLength: 1, maxLength: 4 }), fc.nat()),
    async ({ sink, tamper }, [first, others, pick]) => {
      const view = new TargetView(sink, us, await sink.read(signal))
      const tampered = new Set<string>()
      for (const [i, backends] of [first, ...others].entries()) {
        atOnce(view.update({ backends, unjudged: new Set() }))
        const next = view.plan({ complete: true, pruneGuard: 'off' })
        const fresh = await planned(sink, backends)
        expect(
          comparePlans(next, fresh, (a, b) => sink.equals(a, b)),
          `of state ${i}: ${keysOf(next)}, and from scratch: ${keysOf(fresh)}`,
        ).toEqual({ changes: true, skipped: true })
        for (const outcome of await sink.apply(next.changes, us, signal))
          if (outcome._tag === 'Done') view.put(outcome.key, outcome.row)
        const rows = byKey(await sink.read(signal))
        const key = [...rows.keys()].sort()[pick % rows.size]
        if (tamper === undefined || key === undefined || tampered.has(key)) continue
        await tamper(key)
        tampered.add(key)
        view.put(key, byKey(await sink.read(signal)).get(key))
      }
    },
  ),
]
