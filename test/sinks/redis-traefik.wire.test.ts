import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import { type RedisConnection, redisTraefik } from '../../src/sinks/traefik/redis/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import type { Element } from '../../src/sinks/traefik/grammar/element.js'
import { planned, reconciled, reconciledUntilQuiet } from '../support/reconciled.js'
import { type RedisClient, redisIsMissing, RedisServer } from '../support/redis-server.js'
import { elementOfScript, ownersKey, through, traefikKeys } from '../support/redis-traefik-harness.js'
import { serversOf } from '../support/traefik-elements.js'
import { danglingRouters, decodedAsTraefik } from '../support/traefik-kv-rules.js'
import { needs } from '../tiers/needs.js'

const { signal } = new AbortController()
const containing = (text: string): unknown => expect.stringContaining(text)
const at = (last: number, port = 8080) => ({ host: `10.0.0.${last}`, port })
const web = (...lasts: readonly number[]) =>
  backendsOf([
    backendOf(
      'web',
      lasts.map((last) => at(last)),
    ),
  ])
const nothing = backendsOf([])
const create = (key: string, after: Element) => ({ _tag: 'Create', key, after }) as const
const service = (...urls: readonly string[]): Element => ({
  loadBalancer: { servers: urls.map((url) => ({ url })) },
})

/** A backend whose tasks have these labels. */
const labelled = (
  name: string,
  lasts: readonly number[],
  labels: Readonly<Record<string, string>>,
): Backend => {
  const backend = backendOf(
    name,
    lasts.map((last) => at(last)),
  )
  return { ...backend, endpoints: backend.endpoints.map((endpoint) => ({ ...endpoint, labels })) }
}

describe('redisTraefik, over a real Redis server', needs(redisIsMissing), () => {
  let server: RedisServer
  let client: RedisClient
  beforeAll(async () => {
    server = await RedisServer.start()
    client = await server.client()
  })
  afterAll(() => server.stop())
  beforeEach(() => client.flushDb())

  const servers = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
    Object.fromEntries(
      (await redisTraefik({ connection: client }).read(signal)).map(({ key, value }) => [
        key,
        serversOf(value).toSorted(),
      ]),
    )

  describe('what Traefik reads', () => {
    /** A router to the service itself, in one of several ways; none with `0`. */
    const routed = (name: string, way: number): Readonly<Record<string, string>> => {
      const [section, service] = name.startsWith('tcp/') ? ['tcp', name.slice(4)] : ['http', name]
      const router = `traefik.${section}.routers.${service}-${way % 2}`
      const settings = `traefik.http.services.${service}.loadbalancer`
      return {
        ...(way > 0 ? { [`${router}.rule`]: 'HostSNI(`*`)', [`${router}.service`]: service } : {}),
        ...(way > 1 ? { [`${router}.tls`]: 'true', [`${router}.entrypoints`]: 'a,b' } : {}),
        ...(way > 2 && section === 'http'
          ? {
              [`${router}.middlewares`]: `strip-${service},gzip-${service}`,
              [`traefik.http.middlewares.strip-${service}.stripprefix.prefixes`]: '/a,/b',
              [`traefik.http.middlewares.gzip-${service}.compress`]: 'true',
              [`${settings}.passhostheader`]: 'false',
              [`${settings}.sticky.cookie.name`]: 'id',
            }
          : {}),
      }
    }
    const histories = fc.array(
      fc
        .uniqueArray(
          fc.tuple(
            fc.constantFrom('web', 'api', 'tcp/db'),
            fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
            fc.nat(4),
          ),
          { selector: ([name]) => name },
        )
        .map((all) => backendsOf(all.map(([name, lasts, way]) => labelled(name, lasts, routed(name, way))))),
      { minLength: 2, maxLength: 5 },
    )

    it.each(['empty', 'delete'] as const)(
      'is valid after each transaction, and has every service that a router names (prune: %s)',
      async (prune) => {
        let looks = 0
        const reader = await server.client()
        // One command at a time, so that what is looked at is what this one left.
        let last: Promise<unknown> = Promise.resolve()
        const connection = through(client, (args, send) => {
          const next = last.then(async () => {
            const answer = await send()
            if (elementOfScript(args) === undefined) return answer
            looks++
            expect(danglingRouters(decodedAsTraefik(await traefikKeys(reader)))).toEqual([])
            return answer
          })
          last = next.catch(() => undefined)
          return next
        })
        await fc.assert(
          fc.asyncProperty(histories, async (history) => {
            await client.flushDb()
            const sink = redisTraefik({ connection, prune })
            for (const backends of history) {
              const outcomes = await reconciled(sink, backends)
              // A look that fails is told as a change that failed.
              expect(outcomes.filter(({ _tag }) => _tag !== 'Done')).toEqual([])
              expect((await planned(sink, backends)).changes).toEqual([])
            }
          }),
          { numRuns: 100 },
        )
        expect(looks).toBeGreaterThan(300)
      },
    )

    it('gets one keyspace event for a server that is added, and one for a server that is removed', async () => {
      await client.configSet('notify-keyspace-events', 'KEA')
      const sink = redisTraefik({ connection: client })
      await reconciled(sink, web(...Array.from({ length: 50 }, (_, i) => i)))
      const listener = await server.client()
      const events: string[] = []
      // As Traefik listens.
      await listener.pSubscribe('__keyspace*:traefik*', (event, channel) =>
        events.push(`${event} ${channel}`),
      )
      await reconciled(sink, web(...Array.from({ length: 51 }, (_, i) => i)))
      await reconciled(sink, web(...Array.from({ length: 50 }, (_, i) => i + 1)))
      await listener.ping()
      expect(events.map((event) => event.replace(/\d{15}/, 'n'))).toEqual([
        'set __keyspace@0__:traefik/http/services/web/loadbalancer/servers/n/url',
        'del __keyspace@0__:traefik/http/services/web/loadbalancer/servers/n/url',
      ])
    })

    it('is a service without servers when the last task is gone, and not nothing', async () => {
      const sink = redisTraefik({ connection: client })
      await reconciled(sink, web(1, 2))
      await reconciled(sink, web())
      expect(decodedAsTraefik(await traefikKeys(client))).toEqual({
        http: { services: { web: { loadbalancer: { servers: [] } } } },
      })
      await reconciled(sink, nothing)
      expect(await servers()).toEqual({ 'http/services/web': [] })
    })

    it('never becomes nothing at all, which Traefik would not notice', async () => {
      const sink = redisTraefik({ connection: client, prune: 'delete' })
      await reconciled(sink, web(1))
      await reconciled(sink, nothing)
      expect(Object.fromEntries(await traefikKeys(client))).toEqual({
        'traefik/http/services/_ecs-task-stream/loadbalancer/servers': '[]',
      })
      expect(await client.hKeys(ownersKey)).toEqual(['writes'])
      expect(await planned(sink, nothing)).toEqual({ changes: [], skipped: [] })
    })

    it('uses another root key, with ownership records of its own', async () => {
      const [one, two] = ['traefik', 'edge/traefik-2'].map((rootKey) =>
        redisTraefik({ connection: client, rootKey }),
      )
      if (one === undefined || two === undefined) throw new Error('unreachable')
      await reconciled(one, web(1))
      await reconciled(two, web(2))
      expect(await planned(one, web(1))).toEqual({ changes: [], skipped: [] })
      expect(decodedAsTraefik(await traefikKeys(client, 'edge/traefik-2'), 'edge/traefik-2')).toEqual({
        http: { services: { web: { loadbalancer: { servers: [{ url: 'http://10.0.0.2:8080' }] } } } },
      })
    })
  })

  describe('a reading', () => {
    it('has all elements, past many pages, and none twice', async () => {
      const backends = backendsOf(Array.from({ length: 1_500 }, (_, i) => backendOf(`s${i}`, [at(1), at(2)])))
      const outcomes = await reconciled(redisTraefik({ connection: client }), backends)
      expect(outcomes.filter(({ _tag }) => _tag !== 'Done')).toEqual([])
      const pages: number[] = []
      const counting = through(client, async ([command = ''], send) => {
        const answer = await send()
        if (command === 'SCAN' || command === 'HSCAN') pages.push((answer as [string, string[]])[1].length)
        return answer
      })
      const rows = await redisTraefik({ connection: counting }).read(signal)
      expect(new Set(rows.map(({ key }) => key)).size).toBe(1_500)
      expect(rows).toHaveLength(1_500)
      expect(rows.every(({ value }) => serversOf(value).length === 2)).toBe(true)
      expect(Math.max(...pages)).toBeLessThan(4_000)
    })

    it('rejects an answer of an unexpected type, and says what to do', async () => {
      await reconciled(redisTraefik({ connection: client }), web(1))
      const mapped = through(client, async (_, send) => {
        const answer = (await send()) as [string, string[]]
        return [Buffer.from(answer[0]), answer[1]]
      })
      await expect(redisTraefik({ connection: mapped }).read(signal)).rejects.toThrow(
        /unexpected answer to HSCAN.*Give the sink a client without type mapping/,
      )
    })

    it('takes no notice of what Traefik does not read', async () => {
      await client.set('traefik', 'x')
      await client.set('traefik/other/services/web', 'x')
      await client.set('traefik-2/http/services/web/loadbalancer/servers', '[]')
      await client.set('traefik/http/services/web/loadbalancer/servers/0/url', '')
      await client.hSet('traefik/http/services/web/loadbalancer/servers/1/url', 'a', 'b')
      expect(await servers()).toEqual({})
    })
  })

  describe('whose an element is', () => {
    it('says a hash outside of what Traefik listens to', async () => {
      await reconciled(redisTraefik({ connection: client }), web(1), { owner: 'ecs/"production"' })
      const { writes, ...records } = await client.hGetAll(ownersKey)
      expect(writes).toBe('1')
      expect(
        Object.entries(records).map(([field, ownership]) => [field, JSON.parse(ownership) as unknown]),
      ).toEqual([['http/services/web', { key: 'http/services/web', owner: 'ecs/"production"', version: 1 }]])
      const [row] = await redisTraefik({ connection: client }).read(signal)
      expect(row?.owner).toEqual('ecs/"production"')
    })

    it('has no owner without an ownership record: left alone, or taken over with adopt', async () => {
      await client.set('traefik/http/services/web/loadBalancer/servers/0/url', 'http://192.0.2.1:1')
      await client.set('traefik/http/services/web/loadBalancer/passHostHeader', 'false')
      const before = await traefikKeys(client)
      expect((await planned(redisTraefik({ connection: client }), web(1))).skipped).toMatchObject([
        { why: 'foreign' },
      ])
      expect(await traefikKeys(client)).toEqual(before)
      await reconciled(redisTraefik({ connection: client, adopt: true }), web(1))
      expect(decodedAsTraefik(await traefikKeys(client))).toEqual({
        http: {
          services: {
            web: { loadbalancer: { passhostheader: false, servers: [{ url: 'http://10.0.0.1:8080' }] } },
          },
        },
      })
      expect([...(await traefikKeys(client)).keys()].filter((key) => key.includes('loadBalancer'))).toEqual(
        [],
      )
    })

    it('belongs to an unknown owner where the ownership record is unreadable', async () => {
      await reconciled(redisTraefik({ connection: client }), web(1))
      await client.hSet(ownersKey, 'http/services/web', 'broken')
      const { changes, skipped } = await planned(redisTraefik({ connection: client, adopt: true }), web(2))
      expect(changes).toEqual([])
      expect(skipped).toMatchObject([{ why: 'foreign' }])
    })

    it('stays ours when another client deletes its keys, and is written again', async () => {
      const sink = redisTraefik({ connection: client })
      await reconciled(sink, web(1))
      await client.del([...(await traefikKeys(client)).keys()])
      await reconciled(sink, web(1))
      expect(await servers()).toEqual({ 'http/services/web': ['10.0.0.1:8080'] })
    })

    it('is not created if another writer created it meanwhile, with an ownership record or without', async () => {
      const sink = redisTraefik({ connection: client })
      const changes = [create('http/services/web', service('http://10.0.0.1:80'))]
      await client.set('traefik/http/services/web/loadbalancer/servers', 'by hand')
      expect(await sink.apply(changes, 'worker', signal)).toMatchObject([
        { _tag: 'Conflict', found: 'unread' },
      ])
      await client.flushDb()
      expect(await sink.apply(changes, 'other', signal)).toMatchObject([{ _tag: 'Done' }])
      expect(await sink.apply(changes, 'worker', signal)).toMatchObject([
        { _tag: 'Conflict', found: 'unread' },
      ])
    })
  })

  describe('what cannot be written', () => {
    it('is rejected with the reason, and does not block other elements', async () => {
      const sink = redisTraefik({ connection: client })
      const outcomes = await sink.apply(
        [
          create('http/services/a/b', service()),
          create('http/services/42', service()),
          create('http/services/web', service('http://10.0.0.1:80')),
        ],
        'worker',
        signal,
      )
      expect(new Map(outcomes.map((outcome) => [outcome.key, outcome]))).toMatchObject(
        new Map([
          ['http/services/a/b', { _tag: 'Rejected', reason: containing('reads a Redis key as a path') }],
          ['http/services/42', { _tag: 'Rejected', reason: containing('the number of an item') }],
          ['http/services/web', { _tag: 'Done' }],
        ]),
      )
      expect(await servers()).toEqual({ 'http/services/web': ['10.0.0.1:80'] })
    })

    it('is a second name that differs by case alone: Traefik would send the one’s requests to the other', async () => {
      const sink = redisTraefik({ connection: client })
      await sink.apply([create('http/services/Web', service('http://10.0.0.1:80'))], 'worker', signal)
      const [outcome] = await sink.apply([create('http/services/web', service())], 'worker', signal)
      expect(outcome).toMatchObject({
        _tag: 'Rejected',
        reason: containing('differs only by case from the existing http/services/Web'),
      })
      expect(await servers()).toEqual({ 'http/services/Web': ['10.0.0.1:80'] })
    })

    it('fails, and nothing of it is written, where a key does not hold text', async () => {
      const sink = redisTraefik({ connection: client })
      await client.hSet('traefik/http/services/web/loadbalancer/servers', 'a', 'b')
      const outcomes = await sink.apply(
        [create('http/services/web', service('http://10.0.0.1:80')), create('http/services/api', service())],
        'worker',
        signal,
      )
      expect(outcomes.map(({ key, _tag }) => [key, _tag]).sort()).toEqual([
        ['http/services/api', 'Done'],
        ['http/services/web', 'Failed'],
      ])
      expect(outcomes.find(({ _tag }) => _tag === 'Failed')).toMatchObject({
        error: { message: containing('WRONGTYPE') },
      })
      expect(await servers()).toEqual({ 'http/services/api': [] })
    })

    it('fails while Redis has no memory left, and is written when it has', async () => {
      const sink = redisTraefik({ connection: client })
      await reconciled(sink, web(1))
      await client.configSet('maxmemory', '1')
      const outcomes = await reconciled(sink, web(1, 2)).finally(() => client.configSet('maxmemory', '0'))
      expect(outcomes).toMatchObject([{ _tag: 'Failed', error: { message: containing('OOM') } }])
      expect(await servers()).toEqual({ 'http/services/web': ['10.0.0.1:8080'] })
      await reconciled(sink, web(1, 2))
      expect(await servers()).toEqual({ 'http/services/web': ['10.0.0.1:8080', '10.0.0.2:8080'] })
    })
  })

  describe('whether Traefik hears of changes', () => {
    const warningsOf = async (connection: RedisConnection): Promise<readonly string[]> => {
      const sink = redisTraefik({ connection })
      await sink.read(signal)
      return sink.warnings?.() ?? []
    }
    const set = (flags: string) => client.configSet('notify-keyspace-events', flags)

    it.each(['KEA', 'KA', 'Kg$', 'K$gx', 'AKE'])('it does, with %s', async (flags) => {
      await set(flags)
      expect(await warningsOf(client)).toEqual([])
    })

    it.each([
      ['', 'without K and g and $'],
      ['EA', 'without K'],
      ['Kg', 'without $'],
      ['K$', 'without g'],
      ['Kx', 'without g and $'],
    ])('it does not, with %j', async (flags, missing) => {
      await set(flags)
      expect(await warningsOf(client)).toEqual([containing(missing)])
    })

    it('is asked over RESP3 too', async () => {
      await set('')
      const modern = await server.client({ RESP: 3 })
      expect(await warningsOf(modern)).toEqual([containing('Set it to KEA')])
      await set('KEA')
      expect(await warningsOf(modern)).toEqual([])
    })

    it('is reported when Redis restarts with its default configuration, and again when it is set', async () => {
      const own = await RedisServer.start()
      const connection = await own.client()
      let again: RedisServer | undefined
      try {
        const sink = redisTraefik({ connection })
        // As Traefik does when it starts.
        await connection.configSet('notify-keyspace-events', 'KEA')
        await reconciled(sink, web(1))
        expect(sink.warnings?.()).toEqual([])
        await own.stop({ clients: false })
        again = await RedisServer.start('--port', String(own.port))
        await reconciled(sink, web(1, 2))
        expect(sink.warnings?.()).toEqual([containing('Traefik is not notified of changes')])
        await connection.configSet('notify-keyspace-events', 'KEA')
        await reconciled(sink, web(1))
        expect(sink.warnings?.()).toEqual([])
      } finally {
        connection.destroy()
        await again?.stop()
      }
    })

    it('is not known where the user may not ask, which is said; the sink does its work', async () => {
      await client.sendCommand(['ACL', 'SETUSER', 'mute', 'reset', 'on', '>x', '~*', '+@all', '-config'])
      const sink = redisTraefik({ connection: await server.client({ username: 'mute', password: 'x' }) })
      expect(await reconciled(sink, web(1))).toMatchObject([{ _tag: 'Done' }])
      expect(sink.warnings?.()).toEqual([containing('refuses CONFIG GET')])
    })

    it('stays as it was known while the connection fails', async () => {
      await set('')
      let broken = false
      const connection = through(client, (args, send) =>
        broken && args[0] === 'CONFIG' ? Promise.reject(new Error('socket closed')) : send(),
      )
      const sink = redisTraefik({ connection })
      await sink.read(signal)
      broken = true
      await sink.read(signal)
      expect(sink.warnings?.()).toEqual([containing('Traefik is not notified of changes')])
    })
  })

  it('needs no more of Redis than its page says', async () => {
    const page = readFileSync(new URL('../../docs/redis-traefik.md', import.meta.url), 'utf8')
    const rules = /ACL SETUSER ecs-task-stream on >[^ ]+ (.+)/.exec(page)?.[1]?.split(' ') ?? []
    await client.sendCommand(['ACL', 'SETUSER', 'ecs-task-stream', 'reset', 'on', '>secret', ...rules])
    const limited = await server.client({ username: 'ecs-task-stream', password: 'secret' })
    const sink = redisTraefik({ connection: limited, prune: 'delete' })
    for (const backends of [web(1, 2), web(2), nothing])
      expect(await reconciled(sink, backends)).toMatchObject([{ _tag: 'Done' }])
    expect(sink.warnings?.()).not.toEqual([containing('refuses')])
    await expect(limited.keys('*')).rejects.toThrow('NOPERM')
    await expect(limited.get('other')).rejects.toThrow('NOPERM')
  })

  describe('a connection', () => {
    const many = (last: number): PersistentMap<Backend> =>
      backendsOf(Array.from({ length: 40 }, (_, i) => backendOf(`s${i}`, [at(last), at(last + 1)])))

    it('that is lost in the middle of a round fails what was under way, and all is as wanted afterwards', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 39 }), async (after) => {
          await client.flushDb()
          const fragile = await server.client()
          let scripts = 0
          const id = String(await fragile.clientId())
          const connection = through(fragile, async (args, send) => {
            const isTheOne = elementOfScript(args) !== undefined && scripts++ === after
            const kill = isTheOne ? client.sendCommand(['CLIENT', 'KILL', 'ID', id]) : undefined
            return (await Promise.all([send(), kill]))[0]
          })
          const sink = redisTraefik({ connection })
          await reconciledUntilQuiet(sink, many(1))
          expect(await servers()).toEqual(
            Object.fromEntries(
              Array.from({ length: 40 }, (_, i) => [
                `http/services/s${i}`,
                ['10.0.0.1:8080', '10.0.0.2:8080'],
              ]),
            ),
          )
          expect(scripts).toBeGreaterThanOrEqual(40)
          fragile.destroy()
        }),
        { numRuns: 10 },
      )
    })

    it('that stays lost does not block the sink: its commands are cancelled', async () => {
      const short = await RedisServer.start()
      const fragile = await short.client()
      const sink = redisTraefik({ connection: fragile })
      await reconciled(sink, web(1))
      const { changes } = await planned(sink, web(2))
      const lost = new Promise((resolve) => fragile.once('reconnecting', resolve))
      await short.stop({ clients: false })
      await lost
      const aborted = new AbortController()
      const outcomes = sink.apply(changes, 'worker', aborted.signal)
      aborted.abort()
      expect(await outcomes).toMatchObject([{ _tag: 'Failed' }])
      await expect(sink.read(AbortSignal.abort())).rejects.toThrow()
      fragile.destroy()
    })
  })
})

describe('redisTraefik refuses', () => {
  const connection = { sendCommand: () => Promise.reject(new Error('not asked')) }
  it.each(['', '/traefik', 'traefik/', 'a//b', 'a*', 'a?', 'a[b]', 'a b'])('the root key "%s"', (rootKey) => {
    expect(() => redisTraefik({ connection, rootKey })).toThrow('rootKey: expected letters')
  })
  it.each(['', 'traefik', 'traefik-owners', 'traefik/owners'])('the owners’ key "%s"', (ownersKey) => {
    expect(() => redisTraefik({ connection, ownersKey })).toThrow(
      'ownersKey: expected a key that does not begin with the root key',
    )
  })
})
