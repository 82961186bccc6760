import type { Backend, Endpoint } from '../../../core/desired.js'
import { type Element, sameElement, type ElementKey, elementKey } from '../grammar/element.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/codec/json.js'
import { labelled } from '../grammar/labelled.js'
import { type Scheme, serversOf } from './servers.js'

/** A service's section, and its name there. */
export interface ServicePlace {
  readonly section: 'http' | 'tcp' | 'udp'
  readonly service: string
}

/** The name of a service's backend: its own for HTTP, `tcp/<name>` or `udp/<name>` otherwise. */
export const backendOfService = ({ section, service }: ServicePlace): string =>
  section === 'http' ? service : `${section}/${service}`

const placeOf = (backend: string): ServicePlace => {
  if (backend.startsWith('tcp/')) return { section: 'tcp', service: backend.slice(4) }
  if (backend.startsWith('udp/')) return { section: 'udp', service: backend.slice(4) }
  return { section: 'http', service: backend }
}

const keyOf = ({ section, service }: ServicePlace): ElementKey => elementKey(section, 'services', service)

/** The keys of all services that a backend of this name may be. */
export const serviceKeysOf = (backend: string): readonly ElementKey[] => {
  const place = placeOf(backend)
  return place.section === 'http' ? [keyOf(place), keyOf({ ...place, section: 'udp' })] : [keyOf(place)]
}

/** The services that a backend is. There are two if a plain name has endpoints of both protocols. */
const endpointsByService = (
  { name, endpoints }: Backend,
  before: ReadonlyMap<ElementKey, Element>,
): ReadonlyMap<ElementKey, readonly Endpoint[]> => {
  const [key = '', udpKey] = serviceKeysOf(name)
  if (udpKey === undefined) return new Map([[key, endpoints]])
  if (endpoints.length === 0) return new Map([[before.has(udpKey) && !before.has(key) ? udpKey : key, []]])
  const tcp = endpoints.filter(({ protocol }) => protocol === 'tcp')
  const udp = endpoints.filter(({ protocol }) => protocol === 'udp')
  return new Map([
    ...(tcp.length > 0 ? [[key, tcp] as const] : []),
    ...(udp.length > 0 ? [[udpKey, udp] as const] : []),
  ])
}

const isBalancer = (element: Element | undefined): element is JsonObject =>
  isJsonObject(element) && isJsonObject(element['loadBalancer'])

/** The load balancer's settings in `element`; empty for another kind of service. */
const balancerOf = (element: Element | undefined): JsonObject => {
  const balancer = isBalancer(element) ? element['loadBalancer'] : undefined
  return isJsonObject(balancer) ? balancer : {}
}

const serversIn = (element: Element | undefined): readonly Json[] => {
  const { servers = [] } = balancerOf(element)
  return isJsonArray(servers) ? servers : []
}

/** A service without its servers: as the newest labels define it, else as it was. */
const settingsOf = (key: ElementKey, newest: Endpoint | undefined, held: Element | undefined): JsonObject => {
  const elements = newest === undefined ? undefined : labelled(newest)
  const source = elements === undefined || elements.size === 0 ? held : elements.get(key)
  const { server: _, servers: __, ...balancer } = balancerOf(source)
  return { ...(isBalancer(source) ? source : {}), loadBalancer: balancer }
}

/**
 * The services that a backend should be, by key. `newest`: the endpoint whose labels win. No services for a backend of
 * which nothing is known yet.
 */
export const serviceElements = (
  backend: Backend,
  newest: Endpoint | undefined,
  before: ReadonlyMap<ElementKey, Element>,
  schemeOf: (endpoint: Endpoint) => Scheme,
): ReadonlyMap<ElementKey, Element> => {
  const elements = new Map<ElementKey, Element>()
  for (const [key, endpoints] of endpointsByService(backend, before)) {
    const held = before.get(key)
    if (held === undefined && endpoints.length === 0 && !backend.complete) continue
    const { loadBalancer, ...settings } = settingsOf(key, newest, held)
    const servers = serversOf(key, endpoints, backend, serversIn(held), schemeOf)
    const element = {
      ...settings,
      loadBalancer: { ...balancerOf({ loadBalancer: loadBalancer ?? {} }), servers },
    }
    elements.set(key, held !== undefined && sameElement(held, element) ? held : element)
  }
  return elements
}
