import type { Backend, Endpoint } from '../../../core/desired.js'
import { type Element, sameElement, type ElementKey, partsOfKey } from '../grammar/element.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/codec/json.js'
import { labelled } from '../grammar/labelled.js'
import {
  revisionKey,
  type Weighted,
  weightedOver,
  type WeightedService,
  weightedServices,
} from './revision-services.js'
import { heirOf, revisionShares } from '../../kit/revision-shares.js'
import { type ServerOptions, serversOf, type Shares } from './servers.js'
import { serviceKeysOf } from './service-place.js'

/** The elements that the services of a backend are made from, besides the backend. */
export const heldBy = (
  backend: string,
  before: ReadonlyMap<ElementKey, Element>,
): readonly (Element | undefined)[] =>
  serviceKeysOf(backend).flatMap((key) => {
    const element = before.get(key)
    return [element, ...weightedServices(key, element).map((one) => before.get(one.key))]
  })

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

const withServers = ({ loadBalancer, ...settings }: JsonObject, servers: readonly Json[]): JsonObject => ({
  ...settings,
  loadBalancer: { ...balancerOf({ loadBalancer: loadBalancer ?? {} }), servers },
})

/** A service as it is held: a load balancer, or one for each revision. */
interface Held {
  readonly revisions: readonly (WeightedService & { readonly element: Element | undefined })[]
  /** What has the settings, if no labels define them. */
  readonly model: Element | undefined
  readonly servers: readonly Json[]
}

const heldAt = (key: ElementKey, before: ReadonlyMap<ElementKey, Element>): Held => {
  const element = before.get(key)
  const revisions = weightedServices(key, element).map((one) => ({ ...one, element: before.get(one.key) }))
  return revisions.length === 0
    ? { revisions, model: element, servers: serversIn(element) }
    : {
        revisions,
        model: revisions.find((one) => isBalancer(one.element))?.element,
        servers: revisions.flatMap((one) => serversIn(one.element)),
      }
}

export interface ServiceOptions extends Pick<ServerOptions, 'schemeOf'> {
  readonly before: ReadonlyMap<ElementKey, Element>
  readonly shares: Shares
  /** The endpoint whose labels win. */
  readonly newestOf: (endpoints: readonly Endpoint[]) => Endpoint | undefined
}

/**
 * The services of the revisions that share the requests of service `key`. In an incomplete backend, servers that nothing
 * explains stay with their revision and its weight; those of no revision belong to the replaced one, or are what is left
 * of the shares: a new revision must not get more than its share while the others are unknown.
 */
const weightedRevisions = (
  key: ElementKey,
  endpoints: readonly Endpoint[],
  backend: Backend,
  held: Held,
  { newestOf, ...options }: ServiceOptions,
): readonly Weighted[] => {
  const shares = revisionShares(endpoints)
  const { isSplit, rest } = shares
  const isUnshared = endpoints.length > 0 && shares.revisions.length === 0
  const mayStay = !backend.complete && (rest > 0 || held.revisions.length > 0)
  if (isUnshared || (!isSplit && !mayStay)) return []
  // Endpoints of other revisions explain servers, too.
  const known = { ...backend, gone: [...endpoints, ...backend.gone] }
  const staying = (servers: readonly Json[]): readonly Json[] => serversOf(key, [], known, servers, options)
  const current = shares.revisions.map((one) => ({ ...one, key: revisionKey(key, one.revision) }))
  const unknown = revisionKey(key, 'unknown')
  const isLoose = (held: ElementKey): boolean => held === unknown && current.length > 0
  const others = held.revisions.flatMap((one): readonly Weighted[] => {
    const isCurrent = isLoose(one.key) || current.some((other) => other.key === one.key)
    const servers = isCurrent ? [] : staying(serversIn(one.element))
    return servers.length === 0
      ? []
      : [{ ...one, service: withServers(settingsOf(one.key, undefined, one.element), servers) }]
  })
  const strays = staying(
    held.revisions.length === 0
      ? held.servers
      : held.revisions.flatMap((one) => (isLoose(one.key) ? serversIn(one.element) : [])),
  )
  const heir = heirOf(shares)
  const remainder: readonly Weighted[] =
    strays.length === 0 || heir !== undefined || current.length === 0
      ? []
      : [
          {
            key: unknown,
            weight: rest,
            service: withServers(settingsOf(key, undefined, held.model), strays),
          },
        ]
  const rendered = current.map((one): Weighted => {
    const before = held.revisions.find((other) => other.key === one.key)?.element
    const settings = settingsOf(key, newestOf(one.endpoints), before ?? held.model)
    const present = one.revision === heir?.revision ? [...serversIn(before), ...strays] : serversIn(before)
    return {
      key: one.key,
      weight: one.weight,
      service: withServers(settings, serversOf(key, one.endpoints, known, present, options)),
    }
  })
  const all = [...rendered, ...others, ...remainder]
  return all.length > 1 ? all.sort((a, b) => (a.key < b.key ? -1 : 1)) : []
}

/**
 * The services that a backend should be, by key: a load balancer, or, while a deployment splits its requests between
 * revisions, a weighted service and a load balancer for each of them. No services for a backend of which nothing is
 * known yet.
 */
export const serviceElements = (
  backend: Backend,
  options: ServiceOptions,
): ReadonlyMap<ElementKey, Element> => {
  const { before, schemeOf, newestOf, shares } = options
  const elements = new Map<ElementKey, Element>()
  const put = (key: ElementKey, element: Element): void => {
    const held = before.get(key)
    elements.set(key, held !== undefined && sameElement(held, element) ? held : element)
  }
  for (const [key, endpoints] of endpointsByService(backend, before)) {
    if (!before.has(key) && endpoints.length === 0 && !backend.complete) continue
    const held = heldAt(key, before)
    const areWeighed = shares === 'servers' && partsOfKey(key)[0] === 'http'
    const weighted = areWeighed ? [] : weightedRevisions(key, endpoints, backend, held, options)
    if (weighted.length > 0) {
      put(key, weightedOver(weighted))
      for (const one of weighted) put(one.key, one.service)
      continue
    }
    const settings = settingsOf(key, newestOf(backend.endpoints), held.model)
    const { isSplit, rest } = revisionShares(endpoints)
    const servers = serversOf(key, endpoints, backend, held.servers, {
      schemeOf,
      areWeighed: areWeighed && (isSplit || (!backend.complete && rest > 0)),
    })
    put(key, withServers(settings, servers))
  }
  return elements
}
