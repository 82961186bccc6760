import type { Backend, Endpoint } from '../../../core/desired.js'
import { revisionShares } from '../../kit/revision-shares.js'
import { type Element, sameElement, type ElementKey, partsOfKey } from '../grammar/element.js'
import { settingsOf, withServers } from './balancer.js'
import { heldAt } from './held-service.js'
import { weightedOver } from './revision-services.js'
import { serversOf, type Shares } from './servers.js'
import { serviceKeysOf } from './service-place.js'
import { type RevisionOptions, weightedRevisions } from './weighted-revisions.js'

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

export interface ServiceOptions extends RevisionOptions {
  readonly before: ReadonlyMap<ElementKey, Element>
  readonly shares: Shares
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
    const weighted = areWeighed ? [] : weightedRevisions(key, { ...backend, endpoints }, held, options)
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
