import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import { redisTraefik } from '../../src/sinks/traefik/redis/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { reconciled } from '../support/reconciled.js'
import { redisIsMissing, RedisServer } from '../support/redis-server.js'
import { traefikProcess } from './traefik-process.js'
import { needs } from '../tiers/needs.js'

/** Middlewares whose order shows: the prefix that the first adds is in part what the second takes away. */
const labels = {
  'traefik.http.routers.web.rule': 'Host(`redis.test`)',
  'traefik.http.routers.web.service': 'web',
  'traefik.http.routers.web.middlewares': 'add,strip',
  'traefik.http.middlewares.add.addprefix.prefix': '/a/b',
  'traefik.http.middlewares.strip.stripprefix.prefixes': '/a',
}

/** A container: a server that says who it is. */
const container = async (name: string): Promise<number> => {
  const server = createServer((request, response) => response.end(`${name} ${request.url ?? ''}`))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

const web = (...ports: readonly number[]): Backend => {
  const backend = backendOf(
    'web',
    ports.map((port) => ({ host: '127.0.0.1', port })),
  )
  return { ...backend, endpoints: backend.endpoints.map((endpoint) => ({ ...endpoint, labels })) }
}

it.each([
  ['empty', 503],
  ['delete', 404],
] as const)(
  'requests follow what is written to Redis, the last service’s end included (prune: %s)',
  needs(redisIsMissing),
  async (prune, afterwards) => {
    const redis = await RedisServer.start()
    onTestFinished(() => redis.stop())
    const sink = redisTraefik({ connection: await redis.client(), prune })
    const traefik = await traefikProcess(`--providers.redis.endpoints=127.0.0.1:${redis.port}`)
    const answers = async (status: number, ...bodies: readonly string[]): Promise<void> => {
      await vi.waitFor(
        async () => {
          const found = await Promise.all([1, 2, 3, 4].map(() => traefik.routed('redis.test', '/x')))
          expect([...new Set(found.map((answer) => answer.status))]).toEqual([status])
          if (status === 200) expect([...new Set(found.map(({ body }) => body))].sort()).toEqual(bodies)
        },
        { timeout: 20_000, interval: 20 },
      )
    }
    const [first, second] = [await container('first'), await container('second')]
    await reconciled(sink, backendsOf([web(first)]))
    await answers(200, 'first /b/x')
    await reconciled(sink, backendsOf([web(first, second)]))
    await answers(200, 'first /b/x', 'second /b/x')
    await reconciled(sink, backendsOf([web(second)]))
    await answers(200, 'second /b/x')
    await reconciled(sink, backendsOf([web()]))
    await answers(503)
    await reconciled(sink, backendsOf([web(first)]))
    await answers(200, 'first /b/x')
    await reconciled(sink, backendsOf([]))
    await answers(afterwards)
    expect(traefik.errors()).toEqual([])
  },
)
