import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Address, Backend } from '../../src/core/desired.js'
import type { Sink } from '../../src/core/sink.js'
import { traefikFile } from '../../src/sinks/traefik/file/index.js'
import type { Element } from '../../src/sinks/traefik/grammar/element.js'
import { traefikHttp } from '../../src/sinks/traefik/http/index.js'
import { redisTraefik } from '../../src/sinks/traefik/redis/index.js'
import { backendsOf } from '../../src/testing/backends.js'
import { reconciled } from '../support/reconciled.js'
import { redisIsMissing, RedisServer } from '../support/redis-server.js'
import { served } from '../support/served.js'
import { blueGreen, settledBackend, sharedBackend } from '../support/shared-backend.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { needs } from '../tiers/needs.js'
import { type TraefikProcess, traefikProcess } from './traefik-process.js'

const temporary = temporaryDirectories()

/** A task's container: a server that says of which revision it is. */
const container = async (revision: string): Promise<Address> => {
  const server = createServer((_, response) => response.end(revision))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const labels = {
  'traefik.http.routers.shop.rule': 'Host(`shop.test`)',
  'traefik.http.routers.shop.service': 'shop',
  'traefik.http.services.shop.loadbalancer.server.scheme': 'http',
  'traefik.http.services.shop.loadbalancer.healthcheck.path': '/',
  'traefik.http.services.shop.loadbalancer.healthcheck.interval': '1s',
  'ecs-task-stream.test.rule': 'Header(`X-Test`, `1`)',
}
const endpoint = { labels }

const providers: Readonly<
  Record<string, () => Promise<{ readonly sink: Sink<Element>; readonly args: readonly string[] }>>
> = {
  http: async () => {
    const here = await served(traefikHttp())
    onTestFinished(here.close)
    return {
      sink: here.sink,
      args: [`--providers.http.endpoint=${here.url}`, '--providers.http.pollInterval=50ms'],
    }
  },
  file: async () => {
    const directory = await temporary()
    return {
      sink: traefikFile({ path: join(directory, 'ecs.yml') }),
      args: [`--providers.file.directory=${directory}`, '--providers.file.watch=true'],
    }
  },
  redis: async () => {
    const redis = await RedisServer.start()
    onTestFinished(() => redis.stop())
    return {
      sink: redisTraefik({ connection: await redis.client() }),
      args: [`--providers.redis.endpoints=127.0.0.1:${redis.port}`],
    }
  },
}

interface Service {
  readonly loadBalancer?: { readonly servers?: readonly { readonly url: string; readonly weight?: number }[] }
  readonly weighted?: { readonly services: readonly { readonly name: string; readonly weight: number }[] }
}

/** The percentage that Traefik's configuration of the service gives to a server. */
const applied = async (traefik: TraefikProcess, provider: string, url: string): Promise<number> => {
  const { services = {} } = (await traefik.configuration()) as { services?: Record<string, Service> }
  const percentIn = ({ weighted, loadBalancer }: Service = {}): number => {
    const parts =
      weighted?.services.map(({ name, weight }) => ({
        weight,
        of: percentIn(services[`${name}@${provider}`]),
      })) ??
      loadBalancer?.servers?.map((server) => ({
        weight: server.weight ?? 1,
        of: server.url === url ? 100 : 0,
      })) ??
      []
    const sum = parts.reduce((all, { weight }) => all + weight, 0)
    return parts.reduce((all, { weight, of }) => all + (weight * of) / sum, 0)
  }
  return percentIn(services[`shop@${provider}`])
}

const hasRouter = async (traefik: TraefikProcess, name: string): Promise<boolean> =>
  Object.hasOwn((await traefik.configuration())['routers'] ?? {}, name)

const until = (check: () => Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 })

for (const [provider, missing] of [
  ['http', undefined],
  ['file', undefined],
  ['redis', redisIsMissing],
] as const)
  describe(`the provider ${provider}`, { timeout: 240_000, ...needs(missing) }, () => {
    it('a deployment shifts requests by its percentages, and fails none', async () => {
      const { sink, args } = await providers[provider]!()
      const traefik = await traefikProcess(...args)
      const blue = [await container('blue'), await container('blue'), await container('blue')]
      const green = [await container('green')]
      const test = (percent: number): readonly Backend[] =>
        percent === 0 ? [] : [sharedBackend('shop-test', [{ role: 'target', percent, at: green, endpoint }])]
      const host = { host: 'shop.test' }

      const seen = new Set<string>()
      const over = new AbortController()
      const client = async () => {
        while (!over.signal.aborted)
          for (const answer of Object.keys(await traefik.counted(16, host))) seen.add(answer)
      }
      const greenUrl = `http://127.0.0.1:${green[0]!.port}`
      const shift = async (percent: number, tests: number): Promise<void> => {
        await reconciled(
          sink,
          backendsOf([blueGreen('shop', { blue, green, percent }, { endpoint }), ...test(tests)]),
        )
        await until(async () => expect(await applied(traefik, provider, greenUrl)).toBeCloseTo(percent))
      }

      // The new revision runs, and has no traffic.
      await shift(0, 0)
      await until(async () => expect(await traefik.counted(1, host)).toEqual({ blue: 1 }))
      const running = client()
      onTestFinished(async () => {
        over.abort()
        await running.catch(() => undefined)
      })
      expect(await traefik.counted(100, { ...host, 'x-test': '1' })).toEqual({ blue: 100 })

      // Test requests alone.
      await shift(0, 100)
      await until(async () => expect(await hasRouter(traefik, `shop-test@${provider}`)).toBe(true))
      await until(async () =>
        expect(await traefik.counted(1, { ...host, 'x-test': '1' })).toEqual({ green: 1 }),
      )
      expect(await traefik.counted(100, { ...host, 'x-test': '1' })).toEqual({ green: 100 })
      expect([...seen]).toEqual(['blue'])

      for (const percent of [5, 25, 50]) {
        await shift(percent, 100)
        // The handlers follow the configuration that Traefik tells.
        await until(async () => expect(await traefik.counted(40, host)).toHaveProperty('green'))
        const counts = await traefik.counted(10_000, host)
        expect(Object.keys(counts).sort()).toEqual(['blue', 'green'])
        expect(Math.abs((counts['green'] ?? 0) / 100 - percent)).toBeLessThan(1)
      }
      await shift(100, 100)
      await until(async () => expect(await traefik.counted(100, host)).toEqual({ green: 100 }))
      expect(await traefik.counted(10_000, host)).toEqual({ green: 10_000 })

      // The deployment is over: what it needed is gone.
      await reconciled(
        sink,
        backendsOf([
          {
            ...settledBackend('shop', green),
            endpoints: settledBackend('shop', green).endpoints.map((one) => ({ ...one, labels })),
          },
        ]),
      )
      await until(async () => expect(await hasRouter(traefik, `shop-test@${provider}`)).toBe(false))
      expect(await traefik.counted(100, { ...host, 'x-test': '1' })).toEqual({ green: 100 })
      const { services = {} } = await traefik.configuration()
      expect(Object.keys(services).filter((name) => name.includes('shop'))).toEqual([`shop@${provider}`])

      over.abort()
      await running
      expect([...seen].sort()).toEqual(['blue', 'green'])
      expect(traefik.errors()).toEqual([])
    })
  })

it('connections of a TCP service are shared, too', async () => {
  const { sink, args } = await providers['http']!()
  const traefik = await traefikProcess(...args)
  const [blue, green] = [[await container('blue')], [await container('green')]]
  const tcp = {
    labels: { 'traefik.tcp.routers.shop.rule': 'HostSNI(`*`)', 'traefik.tcp.routers.shop.service': 'shop' },
  }
  const greens = async (count: number): Promise<number> => {
    let found = 0
    for (let i = 0; i < count; i++) if ((await traefik.routed('shop.test')).body === 'green') found++
    return found
  }
  const shift = (percent: number) =>
    reconciled(sink, backendsOf([blueGreen('tcp/shop', { blue, green, percent }, { endpoint: tcp })]))
  await shift(0)
  await until(async () => expect(await traefik.routed('shop.test')).toEqual({ status: 200, body: 'blue' }))
  expect(await greens(50)).toBe(0)
  await shift(25)
  await until(async () => expect(await greens(8)).toBeGreaterThan(0))
  expect(Math.abs((await greens(400)) - 100)).toBeLessThanOrEqual(4)
  await shift(100)
  await until(async () => expect(await greens(8)).toBe(8))
  expect(traefik.errors()).toEqual([])
})
