/** The sink contract can fail: each of these is a sink that somebody might well write, and a law refutes it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Backend, formatAddress } from '../../src/core/desired.js'
import { conflictOf } from '../../src/core/conflict.js'
import { mapSink } from '../../src/core/map-sink.js'
import type { Change, Outcome, Row, Sink } from '../../src/core/sink.js'
import { type Addresses, memory, type MemoryTarget, memoryTarget } from '../../src/sinks/memory.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { sinkLaws } from '../../src/testing/sink-laws.js'
import { sinkRaceLaws } from '../../src/testing/sink-race-laws.js'

const laws = [...sinkLaws, ...sinkRaceLaws]
const lawThat = (begins: string) => laws.find(({ sentence }) => sentence.startsWith(begins))!

/** What fast-check says of the law, with its counter-example; `undefined` if the law holds. */
const refutation = async (
  begins: string,
  make: () => Promise<SinkHarness<Addresses>>,
): Promise<string | undefined> =>
  lawThat(begins)
    .check(make, 200)
    .then(
      () => undefined,
      (thrown: unknown) => (thrown instanceof Error ? `${thrown.message}\n${String(thrown.cause)}` : ''),
    )

/** A sink over a map in memory, its other half over the same one. */
const harnessOf =
  (wrap: (inner: Sink<Addresses>, target: MemoryTarget) => Sink<Addresses>) =>
  (): Promise<SinkHarness<Addresses>> => {
    const target = memoryTarget()
    const sinkOver = () => wrap(memory({ target }), target)
    return Promise.resolve({
      sink: sinkOver(),
      another: sinkOver,
      snapshot: () => Promise.resolve(new Map(target.rows)),
      writes: () => target.writes,
      addresses: (value) => value,
      dispose: () => Promise.resolve(),
    })
  }

const sound = harnessOf((inner) => inner)

describe('a sound sink', () => {
  it.each(laws.filter(({ needs }) => needs.every((need) => need === 'restart' || need === 'races')))(
    'is not refuted: $sentence',
    async ({ check }) => {
      await check(sound, 200)
    },
  )
})

interface Loot {
  readonly owner: string | undefined
  readonly records: readonly (readonly [string, Addresses])[]
}

/** A file that says whose it is. Its writer reads that, and does not look at it again. */
const thief = (path: string): Sink<Addresses> => {
  const held = (): Loot => JSON.parse(readFileSync(path, 'utf8')) as Loot
  const rowOf = (key: string, value: Addresses, owner: string | undefined): Row<Addresses> => ({
    key,
    value,
    owner,
    etag: JSON.stringify(value),
  })
  return mapSink(memory({ adopt: false }), {
    name: 'thief',
    prune: () => undefined,
    read: () => {
      const { owner, records } = held()
      return Promise.resolve(records.map(([key, value]) => rowOf(key, value, owner)))
    },
    apply: (changes, owner) => {
      const records = new Map(held().records)
      const outcomes = changes.map((change): Outcome<Addresses> => {
        const { key } = change
        const before = records.get(key)
        const found = before && rowOf(key, before, held().owner)
        const conflict = conflictOf(change, found)
        if (conflict !== undefined) return conflict
        if (change._tag === 'Delete') records.delete(key)
        else records.set(key, change.after)
        return {
          _tag: 'Done',
          key,
          row: change._tag === 'Delete' ? undefined : rowOf(key, change.after, owner),
        }
      })
      if (changes.length > 0) writeFileSync(path, JSON.stringify({ owner, records: [...records] }))
      return Promise.resolve(outcomes)
    },
  })
}

const thieving = (): Promise<SinkHarness<Addresses>> => {
  const folder = mkdtempSync(join(tmpdir(), 'ecs-task-stream-thief-'))
  const path = join(folder, 'records.json')
  writeFileSync(path, JSON.stringify({ records: [] }))
  return Promise.resolve({
    sink: thief(path),
    another: () => thief(path),
    snapshot: () => {
      const { owner, records } = JSON.parse(readFileSync(path, 'utf8')) as Loot
      return Promise.resolve(new Map(records.map(([key, value]) => [key, { owner, value }])))
    },
    writes: () => 0,
    addresses: (value) => value,
    dispose: () => {
      rmSync(folder, { recursive: true })
      return Promise.resolve()
    },
  })
}

describe('a sink that takes over the file of another owner, and deletes what is in it', () => {
  it('passes the laws that know one owner', async () => {
    expect(await refutation('applying a plan yields what was wanted', thieving)).toBeUndefined()
    expect(await refutation('what nothing desires any more is pruned', thieving)).toBeUndefined()
  })

  it('is refuted, with a counter-example that people can read', async () => {
    const refuted = await refutation('what another owner wrote is untouched as a whole', thieving)
    expect(refuted).toContain('records of the other owner')
    expect(refuted).toMatch(/Counterexample: \[\[desired: [^\n]*=\[[^\n]*,desired: [^\n]*\]\]/)
  })
})

describe('a sink that writes without its condition', () => {
  const careless = harnessOf((inner, target) =>
    mapSink(inner, {
      apply: (changes, owner, signal) =>
        inner.apply(
          changes.map((change): Change<Addresses> => {
            const before = target.rows.get(change.key)
            if (before === undefined || change._tag === 'Delete') return change
            return { _tag: 'Update', key: change.key, before, after: change.after }
          }),
          owner,
          signal,
        ),
    }),
  )

  it('is refuted, by one owner and by two', async () => {
    expect(await refutation('of two sinks of one owner that plan at once', careless)).toBeDefined()
    expect(await refutation('of two owners that plan at once', careless)).toContain('were taken over')
  })
})

describe('a sink that forgets the rest of an incomplete backend', () => {
  const forgetful = harnessOf((inner) =>
    mapSink(inner, {
      render: (backends) =>
        new Map(
          Array.from(backends, ([name, { endpoints }]: readonly [string, Backend]) => [
            name,
            [...new Set(endpoints.map(formatAddress))].sort(),
          ]),
        ),
    }),
  )

  it('is refuted', async () => {
    expect(await refutation('an incomplete state adds what is live', forgetful)).toBeDefined()
  })
})

describe('a sink that never prunes', () => {
  const hoarding = harnessOf((inner) => mapSink(inner, { prune: (before) => before }))

  it('is refuted', async () => {
    expect(await refutation('what nothing desires any more is pruned', hoarding)).toBeDefined()
  })
})

describe('a sink that reports Done without writing', () => {
  const done = (changes: readonly Change<Addresses>[], owner: string): readonly Outcome<Addresses>[] =>
    changes.map((change) => ({
      _tag: 'Done',
      key: change.key,
      row:
        change._tag === 'Delete'
          ? undefined
          : { key: change.key, value: change.after, owner, etag: 'never written' },
    }))

  it('is refuted', async () => {
    const idle = harnessOf((inner) =>
      mapSink(inner, { apply: (changes, owner) => Promise.resolve(done(changes, owner)) }),
    )
    expect(await refutation('applying a plan yields what was wanted', idle)).toBeDefined()
  })

  it('is refuted also when it reads from its own memory what it has never written', async () => {
    const dreaming = harnessOf(() => memory())
    expect(await refutation('a sink that starts finds what another wrote', dreaming)).toBeDefined()
  })
})

describe('a sink that deletes what it does not find again after a restart', () => {
  it('is refuted', async () => {
    const hasty = harnessOf((inner, target) =>
      mapSink(inner, {
        read: (signal) => {
          if (target.writes === 0) target.rows.clear()
          return inner.read(signal)
        },
        prune: () => undefined,
        render: (backends, before) => {
          if (backends.size === 0) target.rows.clear()
          return inner.render(backends, before)
        },
      }),
    )
    expect(await refutation('a sink that starts finds what another wrote', hasty)).toBeDefined()
  })
})

describe('a sink whose records depend on more than their part', () => {
  it('is refuted', async () => {
    const crossing = harnessOf((inner) => ({
      ...mapSink(inner, {
        // Every record also has the addresses of the backend `web`.
        render: (backends, before) => {
          const shared = backends.get('web')?.endpoints.map(formatAddress) ?? []
          return new Map(
            Array.from(inner.render(backends, before), ([key, value]) => [
              key,
              [...new Set([...value, ...shared])].sort(),
            ]),
          )
        },
      }),
      ...(inner.parts && { parts: inner.parts }),
    }))
    expect(await refutation('rendering only the parts that changed', crossing)).toBeDefined()
  })
})
