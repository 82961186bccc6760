/** Services of the kind that balances over servers. */
import type { Endpoint } from '../../../core/desired.js'
import type { Element, ElementKey } from '../grammar/element.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/codec/json.js'
import { labelled } from '../grammar/labelled.js'

export const isBalancer = (element: Element | undefined): element is JsonObject =>
  isJsonObject(element) && isJsonObject(element['loadBalancer'])

/** The load balancer's settings in `element`; empty for another kind of service. */
export const balancerOf = (element: Element | undefined): JsonObject => {
  const balancer = isBalancer(element) ? element['loadBalancer'] : undefined
  return isJsonObject(balancer) ? balancer : {}
}

export const serversIn = (element: Element | undefined): readonly Json[] => {
  const { servers = [] } = balancerOf(element)
  return isJsonArray(servers) ? servers : []
}

/** A service without its servers: as the newest labels define it, else as it was. */
export const settingsOf = (
  key: ElementKey,
  newest: Endpoint | undefined,
  held: Element | undefined,
): JsonObject => {
  const elements = newest === undefined ? undefined : labelled(newest)
  const source = elements === undefined || elements.size === 0 ? held : elements.get(key)
  const { server: _, servers: __, ...balancer } = balancerOf(source)
  return { ...(isBalancer(source) ? source : {}), loadBalancer: balancer }
}

export const withServers = (
  { loadBalancer, ...settings }: JsonObject,
  servers: readonly Json[],
): JsonObject => ({
  ...settings,
  loadBalancer: { ...balancerOf({ loadBalancer: loadBalancer ?? {} }), servers },
})
