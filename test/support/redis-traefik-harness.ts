import { pathOf, placeIn } from '../../src/sinks/traefik/redis/path.js'
import {
  type RedisConnection,
  redisTraefik,
  type RedisTraefikOptions,
} from '../../src/sinks/traefik/redis/index.js'
import { formatAddress } from '../../src/core/desired.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import type { Element } from '../../src/sinks/traefik/grammar/element.js'
import type { RedisClient } from './redis-server.js'
import { serversOf } from './traefik-elements.js'

export const ownersKey = 'ecs-task-stream/traefik'

/** All that Traefik reads: texts, by key. */
export const traefikKeys = async (
  client: RedisClient,
  rootKey = 'traefik',
): Promise<ReadonlyMap<string, string>> => {
  const keys = (await client.keys(`${rootKey}*`)).sort()
  const values = keys.length === 0 ? [] : await client.mGet(keys)
  return new Map(keys.map((key, i) => [key, values[i] ?? '']))
}

/** The element that a change's script is about, in lower case. */
export const elementOfScript = (args: readonly string[]): string | undefined =>
  args[0] === 'EVAL' ? args[3 + Number(args[2])] : undefined

/** The client, with a word to say about each command. */
export const through = (
  client: RedisConnection,
  around: (args: readonly string[], send: () => Promise<unknown>) => Promise<unknown>,
): RedisConnection => ({
  sendCommand: (args, options) => around(args, () => client.sendCommand(args, options)),
})

/** The sink over an empty database, and the hands of everybody else on it. */
export const redisTraefikHarness = async (
  client: RedisClient,
  options: Pick<RedisTraefikOptions, 'adopt' | 'prune'> = {},
): Promise<SinkHarness<Element>> => {
  await client.flushDb()
  let writes = 0
  const failing = new Set<string>()
  const connection = through(client, async (args, send) => {
    const element = elementOfScript(args)
    if (element === undefined) return send()
    if (failing.has(element)) throw new Error('injected')
    const answer = await send()
    if ((answer as readonly string[])[0] === 'done') writes++
    return answer
  })
  const added = (key: string): Readonly<Record<string, string>> => ({
    [`traefik/${pathOf(key)}/loadbalancer/healthcheck/path`]: '/health',
    [`traefik/${pathOf(key)}/loadbalancer/sticky/cookie/name`]: 'id',
    [`traefik/${pathOf(key)}/loadbalancer/ofTomorrow/0/name`]: 'x',
  })
  return {
    sink: redisTraefik({ connection, ...options }),
    snapshot: async () => {
      const elements = new Map<string, Record<string, string>>()
      for (const [key, value] of await traefikKeys(client)) {
        const element = placeIn(key.replace('traefik/', ''))?.key ?? '?'
        elements.set(element, { ...elements.get(element), [key]: value })
      }
      for (const [field, ownership] of Object.entries(await client.hGetAll(ownersKey)))
        if (field !== 'writes') elements.set(field, { ...elements.get(field), ownership })
      return elements
    },
    writes: () => writes,
    addresses: serversOf,
    // As a person does at redis-cli.
    tamper: async (key) => {
      await client.set(`traefik/${pathOf(key)}/loadbalancer/servers`, 'by hand')
    },
    plant: async ({ name, endpoints }, owner) => {
      const servers = endpoints.map((endpoint) => ({ url: `http://${formatAddress(endpoint)}` }))
      const key = `http/services/${name}`
      if (owner !== undefined) {
        const after = { loadBalancer: { servers } }
        await redisTraefik({ connection: client }).apply(
          [{ _tag: 'Create', key, after }],
          owner,
          new AbortController().signal,
        )
        return
      }
      await client.set(`traefik/${key}/loadBalancer/passHostHeader`, 'true')
      for (const [i, { url }] of servers.entries())
        await client.set(`traefik/${key}/loadBalancer/servers/${i}/url`, url)
    },
    embellishment: {
      add: async (key) => {
        await client.mSet(added(key))
      },
      read: (key) => client.mGet(Object.keys(added(key))),
    },
    failOn: (key) => {
      failing.add(key.toLowerCase())
    },
    another: () => redisTraefik({ connection: client, ...options }),
    dispose: async () => {
      await client.flushDb()
    },
  }
}
