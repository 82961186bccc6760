import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { formatAddress, type Desired } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { defaultPruneGuard, plan, type PlanOptions } from '../../src/core/plan.js'
import { project, projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { Change, Row } from '../../src/core/sink.js'
import { cut, redelivered, shuffled } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { holdsInHistories } from './holds.js'
import { fold, options } from './observed.js'
import { applied, type Pool, setSink, type SetSinkOptions } from './set-sink.js'

const us = 'us'
const address = fc.constantFrom('10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80')
const pool: fc.Arbitrary<Pool> = fc.record(
  {
    servers: fc.uniqueArray(address).map((servers) => servers.sort()),
    note: fc.constantFrom('', 'mine'),
  },
  { noNullPrototype: true },
)
const keys = ['api', 'mail', 'shop', 'web', 'zoo']
const key = fc.constantFrom(...keys)
const owner = fc.constantFrom(undefined, us, us, 'them')

const rowOf = (name: fc.Arbitrary<string>, value: fc.Arbitrary<Pool>): fc.Arbitrary<Row<Pool>> =>
  fc.record({ key: name, value, owner, etag: fc.constant(undefined) }, { noNullPrototype: true })
const rows = fc.uniqueArray(rowOf(key, pool), { selector: (row) => row.key })
const wanted = fc
  .uniqueArray(fc.tuple(key, pool), { selector: ([name]) => name })
  .map((entries) => new Map(entries))
const target: fc.Arbitrary<SetSinkOptions> = fc.record({ adopt: fc.boolean(), deletes: fc.boolean() })

const unguarded = (complete: boolean): PlanOptions => ({ owner: us, complete, pruneGuard: 'off' })
const isOurs = (row: Row<Pool>): boolean => row.owner === us
const byKey = (all: readonly Row<Pool>[]): ReadonlyMap<string, Row<Pool>> =>
  new Map(all.map((row) => [row.key, row]))

describe('a plan', () => {
  it('applied, yields what was wanted on our rows and on those that it may adopt', () => {
    holdsInHistories(
      fc.property(target, wanted, rows, fc.boolean(), (settings, want, held, complete) => {
        const sink = setSink(settings)
        const after = byKey(applied(held, plan(sink, want, held, unguarded(complete)), us))
        const before = byKey(held)
        for (const [name, value] of want) {
          const row = before.get(name)
          const mayWrite = row === undefined || isOurs(row) || (row.owner === undefined && settings.adopt)
          if (!mayWrite) continue
          deepStrictEqual(after.get(name)?.value, value)
          deepStrictEqual(after.get(name)?.owner, us)
        }
      }),
    )
  })

  it('prunes what is ours and not wanted when the desired state is complete, as the sink says', () => {
    holdsInHistories(
      fc.property(target, wanted, rows, (settings, want, held) => {
        const after = byKey(applied(held, plan(setSink(settings), want, held, unguarded(true)), us))
        for (const row of held) {
          if (!isOurs(row) || want.has(row.key)) continue
          const left = after.get(row.key)
          if (settings.deletes) strictEqual(left, undefined)
          else deepStrictEqual(left?.value, { ...row.value, servers: [] })
        }
      }),
    )
  })

  it('leaves foreign rows alone: they are in no change, whatever is wanted', () => {
    holdsInHistories(
      fc.property(target, wanted, rows, fc.boolean(), (settings, want, held, complete) => {
        const { changes, skipped } = plan(setSink(settings), want, held, unguarded(complete))
        const foreign = held.filter(
          (row) => !isOurs(row) && !(row.owner === undefined && settings.adopt && want.has(row.key)),
        )
        for (const row of foreign) {
          ok(changes.every((change) => change.key !== row.key))
          const value = want.get(row.key)
          const differs = value !== undefined && !setSink(settings).equals(value, row.value)
          deepStrictEqual(
            skipped.filter(({ change }) => change.key === row.key).map(({ why }) => why),
            differs ? ['foreign'] : [],
          )
        }
      }),
    )
  })

  it('is empty after it was applied', () => {
    holdsInHistories(
      fc.property(target, wanted, rows, fc.boolean(), (settings, want, held, complete) => {
        const sink = setSink(settings)
        const after = applied(held, plan(sink, want, held, unguarded(complete)), us)
        deepStrictEqual(plan(sink, want, after, unguarded(complete)).changes, [])
      }),
    )
  })

  it('prunes nothing while the desired state is incomplete, and says what it would', () => {
    holdsInHistories(
      fc.property(target, wanted, rows, (settings, want, held) => {
        const sink = setSink(settings)
        const cautious = plan(sink, want, held, { owner: us, complete: false })
        const bold = plan(sink, want, held, unguarded(true))
        ok(cautious.changes.every(({ _tag, key: name }) => _tag !== 'Delete' && want.has(name)))
        const kept = cautious.skipped.filter(({ why }) => why === 'incomplete').map(({ change }) => change)
        deepStrictEqual(
          new Set([...cautious.changes, ...kept].map(({ key: name }) => name)),
          new Set(bold.changes.map(({ key: name }) => name)),
        )
      }),
    )
  })

  it('does not depend on the order of the rows', () => {
    holdsInHistories(
      fc.property(
        target,
        wanted,
        rows.chain((held) => fc.tuple(fc.constant(held), shuffled(held))),
        fc.boolean(),
        (settings, want, [held, other], complete) => {
          const [a, b] = [held, other].map((all) => plan(setSink(settings), want, all, unguarded(complete)))
          deepStrictEqual(a, b)
        },
      ),
    )
  })

  it('skips pruning beyond the prune guard as a whole, and nothing else', () => {
    const guard = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), atLeast: fc.nat(4) })
    holdsInHistories(
      fc.property(target, wanted, rows, guard, (settings, want, held, limits) => {
        const sink = setSink(settings)
        const bold = plan(sink, want, held, unguarded(true))
        const guarded = plan(sink, want, held, { owner: us, complete: true, pruneGuard: limits })
        const pruned = bold.changes.filter((change) => !want.has(change.key))
        const own = held.filter(isOurs).length
        const tooMuch = pruned.length >= limits.atLeast && pruned.length > limits.share * own
        deepStrictEqual(
          guarded.changes,
          tooMuch ? bold.changes.filter((change) => want.has(change.key)) : bold.changes,
        )
        deepStrictEqual(
          guarded.skipped.filter(({ why }) => why === 'too-much').map(({ change }) => change),
          tooMuch ? pruned : [],
        )
      }),
    )
  })

  it('is guarded by default: of twenty own rows ten may go, and eleven may not', () => {
    const held: readonly Row<Pool>[] = Array.from({ length: 20 }, (_, i) => ({
      key: `row-${i}`,
      value: { servers: ['10.0.0.1:80'], note: '' },
      owner: us,
      etag: undefined,
    }))
    const keeping = (n: number) =>
      plan(
        setSink({ adopt: true, deletes: true }),
        new Map(held.slice(0, n).map(({ key: name, value }) => [name, value])),
        held,
        { owner: us, complete: true },
      ).changes.length
    deepStrictEqual(defaultPruneGuard, { share: 0.5, atLeast: 10 })
    strictEqual(keeping(10), 10)
    strictEqual(keeping(9), 0)
  })
})

describe('a plan of a sink that knows what its records lead to', () => {
  const settingsOf = fc.record({
    adopt: fc.boolean(),
    deletes: fc.boolean(),
    tells: fc.constant(true),
    empties: fc.boolean(),
  })
  const guard = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), atLeast: fc.nat(4) })
  /** Whether a change takes away all that one of our records offers. */
  const takesAway = (change: Change<Pool>, want: ReadonlyMap<string, Pool>): boolean =>
    !want.has(change.key) ||
    (change._tag === 'Update' &&
      isOurs(change.before) &&
      change.before.value.servers.length > 0 &&
      change.after.servers.length === 0)
  const cases = fc.record({
    settings: settingsOf,
    want: wanted,
    held: rows,
    complete: fc.boolean(),
    limits: guard,
  })
  const taken = ({
    settings,
    want,
    held,
    complete,
    limits,
  }: typeof cases extends fc.Arbitrary<infer C> ? C : never) => {
    const bold = plan(setSink(settings), want, held, unguarded(complete))
    const away = bold.changes.filter((change) => takesAway(change, want))
    const own = held.filter(isOurs).length
    return { bold, away, tooMuch: away.length >= limits.atLeast && away.length > limits.share * own }
  }

  it('counts what it would empty beside what it would prune, and skips all of that and nothing else', () => {
    holdsInHistories(
      fc.property(cases, (one) => {
        const { settings, want, held, complete, limits } = one
        const { bold, away, tooMuch } = taken(one)
        const guarded = plan(setSink(settings), want, held, { owner: us, complete, pruneGuard: limits })
        deepStrictEqual(
          guarded.changes,
          tooMuch ? bold.changes.filter((change) => !away.includes(change)) : bold.changes,
        )
        deepStrictEqual(
          guarded.skipped.filter(({ why }) => why === 'too-much').map(({ change }) => change),
          tooMuch ? away : [],
        )
      }),
    )
  })

  it('does what it doubted once that is confirmed, but empties in place of deleting where it can', () => {
    holdsInHistories(
      fc.property(cases, (one) => {
        const { settings, want, held, complete, limits } = one
        const { bold, away, tooMuch } = taken(one)
        const sink = setSink(settings)
        const confirmed = plan(sink, want, held, { owner: us, complete, pruneGuard: limits, confirmed: true })
        const spared: readonly Change<Pool>[] =
          tooMuch && settings.empties ? away.filter((change) => change._tag === 'Delete') : []
        deepStrictEqual(
          confirmed.skipped.filter(({ why }) => why === 'emptied-only').map(({ change }) => change),
          spared,
        )
        ok(confirmed.skipped.every(({ why }) => why !== 'too-much'))
        deepStrictEqual(
          confirmed.changes.filter(({ key: name }) => spared.every((change) => change.key !== name)),
          bold.changes.filter((change) => !spared.includes(change)),
        )
        // Every server goes either way; what is spared keeps its record, and what in it is not ours.
        const after = byKey(applied(held, confirmed, us))
        for (const { key: name } of away) deepStrictEqual(after.get(name)?.value.servers ?? [], [])
        const before = byKey(held)
        for (const { key: name } of spared)
          deepStrictEqual(after.get(name)?.value, { ...before.get(name)?.value, servers: [] })
      }),
    )
  })

  const hosts = fc
    .uniqueArray(fc.constantFrom<string>('10.0.0.1', '10.0.0.2', '10.0.0.3'))
    .map((all) => new Set(all))

  it('prunes no record that leads to a host of which it cannot be judged, and all others as ever', () => {
    holdsInHistories(
      fc.property(
        settingsOf,
        wanted,
        rows,
        fc.boolean(),
        hosts,
        (settings, want, held, complete, unjudged) => {
          const sink = setSink(settings)
          const bold = plan(sink, want, held, unguarded(complete))
          const careful = plan(sink, want, held, { ...unguarded(complete), unjudged })
          const leads = ({ servers }: Pool): boolean =>
            servers.some((server) => unjudged.has(server.replace(/:\d+$/, '')))
          const kept = new Set(
            held.filter((row) => isOurs(row) && !want.has(row.key) && leads(row.value)).map((row) => row.key),
          )
          deepStrictEqual(
            careful.changes,
            bold.changes.filter(({ key: name }) => !kept.has(name)),
          )
          deepStrictEqual(
            new Set(careful.skipped.filter(({ why }) => why === 'unjudged').map(({ change }) => change.key)),
            kept,
          )
        },
      ),
    )
  })

  it('that does not know, prunes nothing while a host cannot be judged', () => {
    holdsInHistories(
      fc.property(target, wanted, rows, (settings, want, held) => {
        const careful = plan(setSink(settings), want, held, { ...unguarded(true), unjudged: new Set(['x']) })
        ok(careful.changes.every((change) => want.has(change.key)))
      }),
    )
  })
})

describe('what a history leads to', () => {
  /** One round of a reconciler: rendered over what the target holds, planned, applied. */
  const reconciled = (settings: SetSinkOptions, held: readonly Row<Pool>[], desired: Desired) => {
    const sink = setSink(settings)
    const before = new Map(held.map((row) => [row.key, row.value]))
    const planned = plan(sink, sink.render(desired.backends, before), held, unguarded(desired.complete))
    return applied(held, planned, us)
  }
  const serversOf = (held: readonly Row<Pool>[], name: string): readonly string[] =>
    byKey(held).get(name)?.value.servers ?? []

  /** The target as it was left by a worker that knew it all, and by time. */
  const leftovers = fc.constantFrom('10.9.9.9:1', '10.0.0.1:32768', '10.0.1.1:32768', '10.1.0.1:8001')
  const tableOf = (truth: ReadonlyMap<string, readonly string[]>): fc.Arbitrary<readonly Row<Pool>[]> =>
    fc
      .record({ stale: fc.uniqueArray(leftovers), note: fc.constantFrom('', 'mine') })
      .map(({ stale, note }) =>
        ['web', 'api', 'mail', 'shop', 'pruned'].map((name) => ({
          key: name,
          value: { servers: [...new Set([...(truth.get(name) ?? []), ...stale])].sort(), note },
          owner: us,
          etag: undefined,
        })),
      )
  const heard = (of: (known: readonly ClusterEvent[]) => fc.Arbitrary<readonly ClusterEvent[]>) =>
    histories().chain((history) =>
      fc
        .tuple(of(history.events), tableOf(history.truth))
        .map(([arrived, table]) => ({ history, arrived, table })),
    )

  it('is that an incomplete state removes only what it knows to be gone: no row, and no other server inside one', () => {
    holdsInHistories(
      fc.property(
        target,
        heard((events) => cut(events).chain(redelivered)),
        (settings, { arrived, table }) => {
          const desired = project(fold(arrived), options)
          const after = reconciled(settings, table, desired)
          for (const { key: name, value } of table) {
            const backend = desired.backends.get(name)
            if (backend === undefined ? desired.complete : backend.complete) continue
            const gone = new Set(backend?.gone.map(formatAddress))
            const kept = value.servers.filter((server) => !gone.has(server))
            const there = new Set(serversOf(after, name))
            ok(kept.every((server) => there.has(server)))
            ok((backend?.endpoints ?? []).every((endpoint) => there.has(formatAddress(endpoint))))
          }
          const notes = byKey(table)
          for (const { key: name, value } of after)
            if (notes.has(name)) strictEqual(value.note, notes.get(name)?.value.note)
        },
      ),
    )
  })

  it('is the truth and nothing else once snapshots and lookups have come, whatever the target held', () => {
    holdsInHistories(
      fc.property(
        target,
        heard((events) => cut(events).chain(redelivered)),
        (settings, { history, arrived, table }) => {
          const known = [...arrived, ...history.closing, ...history.lookups]
          const after = reconciled(settings, table, project(fold(known), options))
          for (const name of ['web', 'api', 'mail', 'shop', 'pruned'])
            deepStrictEqual(serversOf(after, name), history.truth.get(name) ?? [])
        },
      ),
    )
  })

  it('is that a restart removes nothing live, however slowly the lookups answer', () => {
    holdsInHistories(
      fc.property(
        target,
        histories().chain((history) =>
          fc
            .tuple(shuffled([...history.closing, ...history.lookups]), tableOf(history.truth))
            .map(([arrived, table]) => ({ history, arrived, table })),
        ),
        (settings, { history: { truth }, arrived, table }) => {
          const again = projector(options)
          let state = emptyState
          let held = table
          arrived.forEach((event, i) => {
            state = reduce(state, event)
            held = reconciled(settings, held, again(state, i))
            for (const [name, live] of truth) {
              const there = new Set(serversOf(held, name))
              ok(live.every((server) => there.has(server)))
            }
          })
        },
      ),
    )
  })
})
