/** The items of Traefik v1's DynamoDB provider: what one says, what it should say, and what of it is ours. Pure. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Eq } from 'fp-ts/lib/Eq.js'
import * as O from 'fp-ts/lib/Option.js'
import { isDeepStrictEqual } from 'node:util'
import { type Backend, type Endpoint, formatAddress } from '../core/desired.js'
import type { Row } from '../core/sink.js'

export type Item = Readonly<Record<string, AttributeValue>>

/** Servers by key. Traefik balances over their URLs; the key is free text, `<ip>:<port>` in those that we add. */
export type Servers = Readonly<Record<string, AttributeValue>>

export interface TraefikBackend {
  /** By which frontends refer to it. */
  readonly name: string
  /** Whole and raw, so that what we do not know of a server that stays is written back as it was read. */
  readonly servers: Servers
  /** The item as it was read, where it was: what a write is conditional on. Absent in what is only wanted. */
  readonly held: Item | undefined
}

export interface ServerOptions {
  readonly scheme: (endpoint: Endpoint) => 'http' | 'https'
  /** Of a server that is added, unless its endpoint has one. */
  readonly weight: number
}

const suffix = '__backend'

/** The attributes that are read: all that a write depends on. */
export const attributesRead = ['id', 'name', 'version', 'backend', 'frontend'] as const

/** The row that an item is; none when it is not a backend. Never throws, whatever the item holds. */
export const rowOf = (item: Item, ownerAttribute: string): O.Option<Row<TraefikBackend>> => {
  const key = item['id']?.S
  if (key === undefined) return O.none
  // As in Traefik, `backend` wins where an item has both. One with neither is a backend that lost its settings, if its id says so.
  if (item['backend'] === undefined && (item['frontend'] !== undefined || !key.endsWith(suffix)))
    return O.none
  const owner = item[ownerAttribute]
  const version = item['version']?.N
  return O.some({
    key,
    value: {
      name: item['name']?.S ?? (key.endsWith(suffix) ? key.slice(0, -suffix.length) : key),
      servers: item['backend']?.M?.['servers']?.M ?? {},
      held: Object.fromEntries(
        Object.entries(item).filter(
          ([attribute]) => attribute === ownerAttribute || attributesRead.some((read) => read === attribute),
        ),
      ),
    },
    // A mark of another type is nobody's that we know, and not ours.
    owner: owner === undefined ? O.none : O.some(owner.S ?? JSON.stringify(owner)),
    etag: O.fromNullable(version),
  })
}

/** What keeps Traefik or us from reading an item, for people; empty when nothing does, and for what is only wanted. */
export const flawsOf = ({ held }: TraefikBackend): readonly string[] => {
  if (held === undefined) return []
  const { name, version, backend } = held
  const servers = backend?.M?.['servers']
  return [
    ...(name?.S === undefined
      ? ['`name` is not a string (S), at which Traefik v1 stops reading the whole table']
      : []),
    ...(version !== undefined && version.N === undefined ? ['`version` is not a number (N)'] : []),
    ...(backend !== undefined && backend.M === undefined && backend.NULL === undefined
      ? ['`backend` is not a map (M)']
      : []),
    ...(servers !== undefined && servers.M === undefined && servers.NULL === undefined
      ? ['`backend.servers` is not a map (M)']
      : []),
  ]
}

const sameServers = (a: Servers, b: Servers): boolean => {
  if (a === b) return true
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && (a[key] === b[key] || isDeepStrictEqual(a[key], b[key])))
  )
}

/** An item with a flaw is never the same as the one without it, so that it is repaired. */
export const traefikBackendEq: Eq<TraefikBackend> = {
  equals: (a, b) =>
    a === b ||
    (a.name === b.name &&
      flawsOf(a).length === 0 &&
      flawsOf(b).length === 0 &&
      sameServers(a.servers, b.servers)),
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443', h2c: '80' }
const urlForm = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]+\]|[^/:?#@]+)(?::(\d+))?\/?(.*)$/i

/** Where a URL leads, in one spelling; undefined when it cannot be told. */
const destinationOf = (
  url: string,
): { readonly url: string; readonly address: string; readonly path: string } | undefined => {
  const [, scheme, host, port, path = ''] = urlForm.exec(url) ?? []
  if (scheme === undefined || host === undefined) return undefined
  const protocol = scheme.toLowerCase()
  const address = `${host.toLowerCase()}:${port ?? defaultPorts[protocol] ?? ''}`
  return { url: `${protocol}://${address}/${path}`, address, path }
}

/** Traefik rejects a whole item for one weight that is not an integer, and its load balancer a negative one. */
const readableWeight = (weight: AttributeValue | undefined): boolean =>
  weight === undefined ||
  weight.NULL !== undefined ||
  (weight.N !== undefined && /^[0-9]+$/.test(weight.N) && Number.isSafeInteger(Number(weight.N)))

const weightValue = (weight: number): AttributeValue => ({
  N: String(Math.max(0, Math.round(weight))),
})

const kept = (server: AttributeValue, weight: number): AttributeValue =>
  server.M === undefined || readableWeight(server.M['weight'])
    ? server
    : { M: { ...server.M, weight: weightValue(weight) } }

const freeKey = (servers: ReadonlyMap<string, unknown>, address: string, url: string): string => {
  if (!servers.has(address)) return address
  let key = url
  for (let n = 2; servers.has(key); n++) key = `${url} (${n})`
  return key
}

/** One server an address, whichever of two tasks that claim it came first. UDP is not HTTP. */
const httpEndpoints = (backend: Backend): ReadonlyMap<string, Endpoint> => {
  const byAddress = new Map<string, Endpoint>()
  for (const endpoint of backend.endpoints) {
    if (endpoint.protocol === 'udp') continue
    const address = formatAddress(endpoint)
    const other = byAddress.get(address)
    if (other === undefined || endpoint.id < other.id) byAddress.set(address, endpoint)
  }
  return byAddress
}

const renderServers = (backend: Backend, before: Servers, { scheme, weight }: ServerOptions): Servers => {
  const wanted = new Map<string, { address: string; url: string; weight: number }>()
  for (const [address, endpoint] of httpEndpoints(backend)) {
    const url = `${scheme(endpoint)}://${address}`
    wanted.set(destinationOf(url)?.url ?? url, { address, url, weight: endpoint.weight ?? weight })
  }
  const gone = new Set(backend.gone.map((address) => formatAddress(address).toLowerCase()))

  const servers = new Map<string, AttributeValue>()
  const present = new Set<string>()
  for (const [key, server] of Object.entries(before)) {
    const url = server.M?.['url']
    const destination = destinationOf(url?.S ?? url?.N ?? '')
    const claim = destination && wanted.get(destination.url)
    if (destination !== undefined && claim !== undefined) {
      servers.set(key, kept(server, claim.weight))
      present.add(destination.url)
    } else if (!backend.complete && (destination === undefined || !gone.has(destination.address)))
      servers.set(key, server)
  }
  for (const [destination, { address, url, weight: of }] of wanted)
    if (!present.has(destination))
      servers.set(freeKey(servers, address, url), { M: { url: { S: url }, weight: weightValue(of) } })
  return Object.fromEntries(servers)
}

/**
 * The items that backends should be, by `id`. Traefik knows a backend by `name` alone, so that is what an existing item is found by, whatever its `id`
 * (people write plain names there); and where several items have one name, of which Traefik takes either at random, each becomes what
 * the backend should be.
 */
export const renderItems = (
  backends: Iterable<readonly [string, Backend]>,
  before: ReadonlyMap<string, TraefikBackend>,
  options: ServerOptions,
): ReadonlyMap<string, TraefikBackend> => {
  const keys = new Map<string, string[]>()
  for (const [key, { name }] of before) {
    const named = keys.get(name)
    if (named === undefined) keys.set(name, [key])
    else named.push(key)
  }
  /** The id of a new item. Where an item of another name sits there, one that cannot be any other backend's. */
  const newKey = (name: string): string => {
    let key = `${name}${suffix}`
    for (let n = 2; before.has(key); n++) key = `${name}${suffix} (${n})`
    return key
  }

  const wanted = new Map<string, TraefikBackend>()
  for (const [name, backend] of backends) {
    const existing = keys.get(name)
    for (const key of existing ?? []) {
      const held = before.get(key)
      const after = { name, servers: renderServers(backend, held?.servers ?? {}, options), held: undefined }
      wanted.set(key, held !== undefined && traefikBackendEq.equals(held, after) ? held : after)
    }
    if (existing !== undefined) continue
    const servers = renderServers(backend, {}, options)
    const isHttp = backend.endpoints.length === 0 || Object.keys(servers).length > 0
    // Nothing is known of a backend that is incomplete and offers nothing: it gets no item yet. One known to be empty does.
    if (isHttp && (backend.complete || backend.endpoints.length > 0))
      wanted.set(newKey(name), { name, servers, held: undefined })
  }
  return wanted
}
