/** The servers of a service: those of its endpoints, and existing ones that nothing explains. */
import {
  type Address,
  type Backend,
  compareAddresses,
  type Endpoint,
  formatAddress,
} from '../../../core/desired.js'
import { mergeIncomplete } from '../../../core/merge-incomplete.js'
import { type ElementKey, partsOfKey } from '../grammar/element.js'
import { isJsonObject, type Json, type JsonObject } from '../../../shared/codec/json.js'
import { shareWeights } from '../../kit/revision-shares.js'
import { labelled } from '../grammar/labelled.js'

export type Scheme = 'http' | 'https' | 'h2c'

/**
 * How the requests of an HTTP service are shared between revisions.
 *
 * - `services`: by a service for each revision, with the options of its own labels. Every version of Traefik has them.
 * - `servers`: by weights of the servers. Traefik has them from version 3.0 on, and not for TCP and UDP. The service stays
 *   of one kind, which matters where Traefik does not read it as a whole: in Redis.
 */
export type Shares = 'services' | 'servers'

interface Server {
  /** `undefined` for a server that is held. */
  readonly endpoint: Endpoint | undefined
  /** The server's identity for Traefik: no two servers of a service have the same URL or address. */
  readonly place: string
  readonly address: Address | undefined
  readonly json: Json
}

/** The host and port of a URL or `host:port`. */
const addressIn = (place: string): Address | undefined => {
  const text = place.includes('://') ? place : `tcp://${place}`
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.hostname === '') return undefined
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port }
}

const compareServers = (a: Server, b: Server): number => {
  if (a.address === undefined || b.address === undefined)
    return a.address === b.address ? comparePlaces(a, b) : a.address === undefined ? 1 : -1
  return compareAddresses(a.address, b.address) || comparePlaces(a, b)
}

const comparePlaces = (a: Server, b: Server): number => (a.place === b.place ? 0 : a.place < b.place ? -1 : 1)

/** The labels' settings of the container's own server. */
const settingsOf = (key: ElementKey, endpoint: Endpoint): JsonObject => {
  const balancer = labelled(endpoint).get(key)?.['loadBalancer']
  const server = isJsonObject(balancer) ? balancer['server'] : undefined
  return isJsonObject(server) ? server : {}
}

const serverOf = (key: ElementKey, endpoint: Endpoint, schemeOf: (endpoint: Endpoint) => Scheme): Server => {
  const [section] = partsOfKey(key)
  const { url, scheme, port: _, ...settings } = settingsOf(key, endpoint)
  const at = formatAddress(endpoint)
  if (section !== 'http')
    return { endpoint, place: at, address: endpoint, json: { ...settings, address: at } }
  const weight = endpoint.weight === undefined ? {} : { weight: Math.round(endpoint.weight) }
  const place =
    typeof url === 'string' && url !== ''
      ? url
      : `${typeof scheme === 'string' && scheme !== '' ? scheme : schemeOf(endpoint)}://${at}`
  return {
    endpoint,
    place,
    address: place === url ? addressIn(url) : endpoint,
    json: { ...settings, ...weight, url: place },
  }
}

/** An existing server, unchanged whatever its form. */
const heldServer = (json: Json): Server => {
  const place = isJsonObject(json) ? (json['url'] ?? json['address']) : undefined
  return typeof place === 'string'
    ? { endpoint: undefined, place, address: addressIn(place), json }
    : { endpoint: undefined, place: '', address: undefined, json }
}

/** The servers with the weights of their shares. */
const weighed = (servers: readonly Server[]): readonly Server[] => {
  const endpoints = servers.flatMap(({ endpoint }) => endpoint ?? [])
  const weights = shareWeights(endpoints, servers.length - endpoints.length)
  if (weights === undefined) return servers
  const weightOf = new Map(endpoints.map((endpoint, i) => [endpoint, weights.endpoints[i]]))
  return servers.map(({ json, ...server }) => {
    const weight = (server.endpoint && weightOf.get(server.endpoint)) ?? weights.others
    return { ...server, json: isJsonObject(json) ? { ...json, weight } : json }
  })
}

export interface ServerOptions {
  readonly schemeOf: (endpoint: Endpoint) => Scheme
  /** Whether the servers have the weights of their shares. */
  readonly areWeighed?: boolean
}

/**
 * The servers that service `key` should have, ordered by address. One per URL: of two tasks that claim it, the first.
 * For an incomplete backend, servers in `held` stay unless they are known to be gone.
 */
export const serversOf = (
  key: ElementKey,
  endpoints: readonly Endpoint[],
  { complete, gone }: Backend,
  held: readonly Json[],
  { schemeOf, areWeighed = false }: ServerOptions,
): readonly Json[] => {
  // Endpoints explain what the service has at their addresses, also under another URL.
  const explained = { complete, gone: [...endpoints, ...gone] }
  const servers = mergeIncomplete(explained, {
    live: endpoints
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((endpoint) => serverOf(key, endpoint, schemeOf)),
    held: held.map(heldServer),
    addressOf: ({ address }) => address && formatAddress(address),
    identityOf: ({ place }) => place || undefined,
  })
  return (areWeighed ? weighed(servers) : servers).toSorted(compareServers).map(({ json }) => json)
}
