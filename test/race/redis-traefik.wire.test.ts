import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, formatAddress } from '../../src/core/desired.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import { type RedisConnection, redisTraefik } from '../../src/sinks/traefik/redis/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { reconciledUntilQuiet } from '../support/reconciled.js'
import { type RedisClient, redisIsMissing, RedisServer } from '../support/redis-server.js'
import { ownersKey, through, traefikKeys } from '../support/redis-traefik-harness.js'
import { serversOf } from '../support/traefik-elements.js'
import { needs } from '../tiers/needs.js'

const runs = Number(process.env['RACE_RUNS'] ?? 40)
const writers = 3
type Backends = PersistentMap<Backend>

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Every command, and its answer, waits for its turn; one at a time is under way. */
const turns = (scheduler: fc.Scheduler) => {
  let underWay = 0
  return {
    take: (client: RedisConnection): RedisConnection =>
      through(client, async ([command = ''], send) => {
        await scheduler.schedule(Promise.resolve(), command)
        underWay++
        try {
          return await send()
        } finally {
          underWay--
          await scheduler.schedule(Promise.resolve(), `${command} answered`)
        }
      }),
    play: async (work: Promise<unknown>): Promise<void> => {
      const state = { over: false }
      const ended = work.finally(() => (state.over = true))
      ended.catch(() => undefined)
      while (!state.over) {
        await macrotask()
        if (underWay === 0 && scheduler.count() > 0) await scheduler.waitNext(1)
      }
      await ended
    },
  }
}

const addresses = fc.uniqueArray(
  fc.record({ host: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'), port: fc.constantFrom(80, 81) }),
  { selector: formatAddress, maxLength: 4 },
)
const names = ['web', 'api'] as const
const backendsArbitrary = (complete: boolean): fc.Arbitrary<Backends> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), addresses), { selector: ([name]) => name })
    .map((all) => backendsOf(all.map(([name, at]) => backendOf(name, at, { complete }))))
const states = fc.array(backendsArbitrary(true), { maxLength: 2 })

describe('redisTraefik, raced over a real Redis server', needs(redisIsMissing), () => {
  let server: RedisServer
  let clients: readonly RedisClient[]
  let hand: RedisClient
  beforeAll(async () => {
    server = await RedisServer.start()
    hand = await server.client()
    clients = await Promise.all(Array.from({ length: writers }, () => server.client()))
  })
  afterAll(() => server.stop())

  const ownershipRecords = async (): Promise<readonly string[]> =>
    (await hand.hKeys(ownersKey)).filter((field) => field !== 'writes').sort()

  it.each(['empty', 'delete'] as const)(
    'writers that come to want the same leave exactly that, and no key beside it (prune: %s)',
    async (prune) => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.tuple(states, states, states),
          backendsArbitrary(true),
          async (scheduler, histories, last) => {
            await hand.flushDb()
            const { take, play } = turns(scheduler)
            const work = clients.map(async (client, i) => {
              const sink = redisTraefik({ connection: take(client), prune })
              for (const backends of [...(histories[i] ?? []), last])
                await reconciledUntilQuiet(sink, backends)
            })
            await play(Promise.all(work))
            const [left, leftOwnership] = [await traefikKeys(hand), await ownershipRecords()]
            // What a lone writer makes of it, who begins with what they began with.
            const known = new Set(
              histories.flatMap((all) => all.flatMap((backends) => [...backends].map(([name]) => name))),
            )
            await hand.flushDb()
            const alone = redisTraefik({ connection: hand, prune })
            if (known.size > 0)
              await reconciledUntilQuiet(alone, backendsOf([...known].map((name) => backendOf(name, []))))
            await reconciledUntilQuiet(alone, last)
            const withoutKeeper = (keys: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
              Object.fromEntries([...keys].filter(([key]) => !key.includes('/_ecs-task-stream/')))
            expect(withoutKeeper(left)).toEqual(withoutKeeper(await traefikKeys(hand)))
            expect(leftOwnership).toEqual(await ownershipRecords())
          },
        ),
        { numRuns: runs },
      )
    },
  )

  it('writers that each know a part lose none of it, and none of the others’', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(backendsArbitrary(false), { minLength: writers, maxLength: writers }),
        async (scheduler, parts) => {
          await hand.flushDb()
          const { take, play } = turns(scheduler)
          const work = clients.map((client, i) =>
            reconciledUntilQuiet(redisTraefik({ connection: take(client) }), parts[i] ?? backendsOf([]), {
              complete: false,
            }),
          )
          await play(Promise.all(work))
          const rows = await redisTraefik({ connection: hand }).read(new AbortController().signal)
          const offered = new Map(rows.map(({ key, value }) => [key, serversOf(value).toSorted()]))
          for (const name of names) {
            const known = parts.flatMap((backends) => backends.get(name)?.endpoints ?? []).map(formatAddress)
            expect(offered.get(`http/services/${name}`) ?? []).toEqual([...new Set(known)].sort())
          }
        },
      ),
      { numRuns: runs },
    )
  })
})
