/** The servers inside an item of Traefik v1's DynamoDB provider. Pure. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { isDeepStrictEqual } from 'node:util'
import { type Backend, type Endpoint, formatAddress } from '../../../core/desired.js'
import { keepsUnexplained } from '../../../core/merge-incomplete.js'

/**
 * Servers by key. Traefik balances over their URLs; the key is any text, `<ip>:<port>` in those that this sink adds.
 */
export type Servers = Readonly<Record<string, AttributeValue>>

export interface ServerOptions {
  readonly scheme: (endpoint: Endpoint) => 'http' | 'https'
  /** The weight of a new server whose endpoint has none. */
  readonly weight: number
}

export const sameServers = (a: Servers, b: Servers): boolean => {
  if (a === b) return true
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && (a[key] === b[key] || isDeepStrictEqual(a[key], b[key])))
  )
}

const urlOf = (server: AttributeValue): string => server.M?.['url']?.S ?? server.M?.['url']?.N ?? ''

/** The URL that Traefik sends requests to. */
export const serverUrls = (servers: Servers): readonly string[] => Object.values(servers).map(urlOf)

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443', h2c: '80' }
const urlForm = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]+\]|[^/:?#@]+)(?::(\d+))?\/?(.*)$/i

/** A URL in canonical form; undefined if it is invalid. */
const destinationOf = (url: string): { readonly url: string; readonly address: string } | undefined => {
  const [, scheme, host, port, path = ''] = urlForm.exec(url) ?? []
  if (scheme === undefined || host === undefined) return undefined
  const protocol = scheme.toLowerCase()
  const address = `${host.toLowerCase()}:${port ?? defaultPorts[protocol] ?? ''}`
  return { url: `${protocol}://${address}/${path}`, address }
}

/** Traefik rejects a whole item for a weight that is not an integer, and its load balancer rejects a negative one. */
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

/** One server per address: of two tasks that claim it, the first. UDP is skipped. */
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

/** Whether all endpoints are UDP: such a backend is not for Traefik v1. */
export const isUdpOnly = ({ endpoints }: Backend): boolean =>
  endpoints.length > 0 && endpoints.every(({ protocol }) => protocol === 'udp')

/** The desired servers: existing ones with their keys and attributes, and new ones. */
export const renderServers = (
  backend: Backend,
  before: Servers,
  { scheme, weight }: ServerOptions,
): Servers => {
  const wanted = new Map<string, { address: string; url: string; weight: number }>()
  for (const [address, endpoint] of httpEndpoints(backend)) {
    const url = `${scheme(endpoint)}://${address}`
    wanted.set(destinationOf(url)?.url ?? url, { address, url, weight: endpoint.weight ?? weight })
  }
  const stays = keepsUnexplained(backend)

  const servers = new Map<string, AttributeValue>()
  const present = new Set<string>()
  for (const [key, server] of Object.entries(before)) {
    const destination = destinationOf(urlOf(server))
    const claim = destination && wanted.get(destination.url)
    if (destination !== undefined && claim !== undefined) {
      servers.set(key, kept(server, claim.weight))
      present.add(destination.url)
    } else if (stays(destination?.address)) servers.set(key, server)
  }
  for (const [destination, { address, url, weight: of }] of wanted)
    if (!present.has(destination))
      servers.set(freeKey(servers, address, url), { M: { url: { S: url }, weight: weightValue(of) } })
  return Object.fromEntries(servers)
}
