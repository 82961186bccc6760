/** The servers inside an item of Traefik v1's DynamoDB provider. Pure. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { isDeepStrictEqual } from 'node:util'
import { type Backend, type Endpoint, formatAddress } from '../../../core/desired.js'
import { keepsUnexplained } from '../../../core/merge-incomplete.js'
import { shareWeights } from '../../kit/revision-shares.js'

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

const weighed = (server: AttributeValue, weight: number): AttributeValue =>
  server.M === undefined || server.M['weight']?.N === weightValue(weight).N
    ? server
    : { M: { ...server.M, weight: weightValue(weight) } }

const kept = (server: AttributeValue, weight: number): AttributeValue =>
  readableWeight(server.M?.['weight']) ? server : weighed(server, weight)

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

interface Wanted {
  readonly address: string
  readonly url: string
  readonly endpoint: Endpoint
}

const getsNothing = ({ share }: Endpoint): boolean => share?.weight === 0

/**
 * The desired servers: existing ones with their keys and attributes, and new ones. An existing server keeps its weight,
 * unless a deployment shares the requests of the backend.
 */
export const renderServers = (
  backend: Backend,
  before: Servers,
  { scheme, weight }: ServerOptions,
): Servers => {
  const endpoints = [...httpEndpoints(backend).values()]
  // Traefik takes 0 for 1, so an endpoint that is to get nothing is left out; unless all are.
  const idle = endpoints.every(getsNothing) ? [] : endpoints.filter(getsNothing)
  const wanted = new Map<string, Wanted>()
  for (const endpoint of idle.length === 0 ? endpoints : endpoints.filter((one) => !getsNothing(one))) {
    const address = formatAddress(endpoint)
    const url = `${scheme(endpoint)}://${address}`
    wanted.set(destinationOf(url)?.url ?? url, { address, url, endpoint })
  }
  const stays = keepsUnexplained({ ...backend, gone: [...backend.gone, ...idle] })

  const present = new Map<string, Wanted | undefined>()
  const places = new Set<string>()
  for (const [key, server] of Object.entries(before)) {
    const destination = destinationOf(urlOf(server))
    const claim = destination && wanted.get(destination.url)
    if (claim !== undefined || stays(destination?.address)) present.set(key, claim)
    if (destination !== undefined) places.add(destination.url)
  }

  const others = [...present.values()].filter((claim) => claim === undefined).length
  const ordered = [...wanted.values()]
  const shares = shareWeights(
    ordered.map(({ endpoint }) => endpoint),
    others,
  )
  const shareOf = new Map(ordered.map((one, i) => [one, Math.max(1, shares?.endpoints[i] ?? 1)]))
  const servers = new Map<string, AttributeValue>()
  for (const [key, claim] of present) {
    const server = before[key]
    if (server === undefined) continue
    if (shares === undefined)
      servers.set(key, claim === undefined ? server : kept(server, claim.endpoint.weight ?? weight))
    else servers.set(key, weighed(server, claim === undefined ? shares.others : (shareOf.get(claim) ?? 1)))
  }
  for (const [destination, one] of wanted) {
    if (places.has(destination)) continue
    const of = shares === undefined ? (one.endpoint.weight ?? weight) : (shareOf.get(one) ?? 1)
    servers.set(freeKey(servers, one.address, one.url), {
      M: { url: { S: one.url }, weight: weightValue(of) },
    })
  }
  return Object.fromEntries(servers)
}
