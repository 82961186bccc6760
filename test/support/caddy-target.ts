import { caddy, type CaddyOptions, type CaddyUpstreams } from '../../src/sinks/caddy/index.js'
import { withUpstreams } from '../../src/sinks/caddy/handler.js'
import { formatAddress } from '../../src/core/desired.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/shared/codec/json.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { countedWrites } from './counted-writes.js'

/** A Caddy, real or not, and whoever else changes its configuration. */
export interface CaddyTarget {
  readonly url: string
  readonly config: () => Promise<Json>
  /** Replaces the configuration. */
  readonly load: (config: Json) => Promise<void>
}

/** The names of the backends that the contract makes. */
const names = ['web', 'api', 'mail', 'shop-2', 'a.b_c']

/** A user's configuration: one route per backend, with everything that he may add to it. */
export const caddyConfig = (
  backends: readonly string[] = names,
  apps: JsonObject = {},
  handler: JsonObject = {},
) => ({
  apps: {
    ...apps,
    http: {
      servers: {
        main: {
          listen: ['127.0.0.1:0'],
          automatic_https: { disable: true },
          routes: backends.map((name) => ({
            match: [{ host: [`${encodeURIComponent(name)}.test`] }],
            // In a subroute, as `caddy adapt` makes them.
            handle: [
              {
                handler: 'subroute',
                routes: [
                  {
                    handle: [
                      { handler: 'headers', response: { set: { 'X-Backend': [name] } } },
                      { '@id': `ecs:${encodeURIComponent(name)}`, handler: 'reverse_proxy', ...handler },
                    ],
                  },
                ],
              },
            ],
          })),
        },
      },
    },
  },
})

const mapped = (json: Json, change: (handler: JsonObject, id: string) => JsonObject): Json => {
  if (isJsonArray(json)) return json.map((item) => mapped(item, change))
  if (!isJsonObject(json)) return json
  const { '@id': id, handler } = json
  if (typeof id === 'string' && handler !== undefined) return change(json, id)
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, mapped(value, change)]))
}

/** The handlers with an `@id`, by it. */
export const handlersOf = (config: Json): ReadonlyMap<string, JsonObject> => {
  const found = new Map<string, JsonObject>()
  mapped(config, (handler, id) => {
    found.set(id, handler)
    return handler
  })
  return found
}

const objectOf = (json: Json | undefined): JsonObject => (isJsonObject(json) ? json : {})

/** What is not the sink's in a handler. */
const rest = ({ upstreams: _, load_balancing: balancing, ...others }: JsonObject): JsonObject => {
  const { '@id': _id, selection_policy: policy, ...settings } = objectOf(balancing)
  const isOurs = objectOf(policy)['policy'] === 'weighted_round_robin'
  return { ...others, balancing: isOurs || policy === undefined ? settings : { ...settings, policy } }
}

/** The contract's harness over a Caddy, which gets the user's configuration. */
export const caddyHarness = async (
  target: CaddyTarget,
  {
    options = {},
    failOn,
    dispose = () => Promise.resolve(),
    base = caddyConfig(),
  }: {
    readonly options?: CaddyOptions
    readonly failOn?: (id: string) => void
    readonly dispose?: () => Promise<void>
    readonly base?: Json
  } = {},
): Promise<SinkHarness<CaddyUpstreams>> => {
  await target.load(base)
  const make = () => caddy({ url: target.url, ...options })
  const edit = async (key: string, change: (handler: JsonObject) => JsonObject): Promise<void> =>
    target.load(
      mapped(await target.config(), (handler, id) =>
        id === `ecs:${encodeURIComponent(key)}` ? change(handler) : handler,
      ),
    )
  const handlers = async () =>
    new Map([...handlersOf(await target.config())].map(([id, handler]) => [id.slice('ecs:'.length), handler]))
  return {
    ...countedWrites(make()),
    // A handler in which nobody has written upstreams is a place for a record.
    snapshot: async () =>
      new Map([...(await handlers())].filter(([, handler]) => handler['upstreams'] !== undefined)),
    addresses: ({ upstreams }) => [...new Set(upstreams.map(({ dial }) => dial))],
    tamper: (key) => edit(key, (handler) => ({ ...handler, flush_interval: -1 })),
    plant: ({ name, endpoints }, owner) =>
      edit(name, (handler) => {
        const upstreams = [...new Set(endpoints.map(formatAddress))].map((dial) => ({ dial }))
        return owner === undefined
          ? { ...handler, upstreams }
          : withUpstreams(handler, { upstreams, hasOwnPolicy: false }, { owner, id: `ecs:${name}` })
      }),
    embellishment: {
      add: (key) =>
        edit(key, (handler) => ({
          ...handler,
          flush_interval: -1,
          verbose_logs: true,
          transport: { protocol: 'http', dial_timeout: 1_000_000_000, versions: ['1.1'] },
          headers: { request: { set: { 'X-Key': [key] } } },
          health_checks: { passive: { fail_duration: 30_000_000_000 } },
          load_balancing: {
            ...objectOf(handler['load_balancing']),
            retries: 2,
            try_duration: 5_000_000_000,
            selection_policy: { policy: 'first' },
          },
        })),
      read: async (key) => rest((await handlers()).get(key) ?? {}),
    },
    ...(failOn === undefined ? {} : { failOn }),
    another: make,
    dispose,
  }
}
