/** One named part of Traefik's dynamic configuration: a service, a router, a middleware, a TLS store… */
import {
  canonicalText,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
} from '../../../shared/codec/json.js'

/**
 * An element's place in the document: `http/services/web`, `tcp/routers/db`, `tls/stores/default`. Its name may contain
 * slashes. The document's only list, of TLS certificates, is `tls/certificates`.
 */
export type ElementKey = string

export const elementKey = (section: string, kind: string, name: string): ElementKey =>
  `${section}/${kind}/${name}`

/** A key's section, kind and name; no name for a list, no kind for a text that is not a key. */
export const partsOfKey = (
  key: ElementKey,
): readonly [section: string, kind: string | undefined, name: string | undefined] => {
  const [section = '', kind] = key.split('/', 2)
  if (kind === undefined) return [section, undefined, undefined]
  const end = section.length + kind.length + 1
  return [section, kind, end < key.length ? key.slice(end + 1) : undefined]
}

/** As Traefik reads it: `{ "loadBalancer": { "servers": [{ "url": "http://10.0.0.1:80" }] } }`. */
export type Element = JsonObject | readonly Json[]

/** Whether two elements mean the same to Traefik: equal except for the order of keys. */
export const sameElement = (a: Element, b: Element): boolean =>
  a === b || canonicalText(a) === canonicalText(b)

/** The URLs or addresses of a load balancer's servers; empty for another element. */
export const serverPlaces = (element: Element): readonly string[] => {
  const balancer = isJsonObject(element) ? element['loadBalancer'] : undefined
  const servers = isJsonObject(balancer) ? balancer['servers'] : undefined
  if (!isJsonArray(servers)) return []
  return servers.flatMap((server) => {
    const place = isJsonObject(server) ? (server['url'] ?? server['address']) : undefined
    return typeof place === 'string' ? [place] : []
  })
}

/** A service without its servers, to which Traefik answers 503; none for an element that is not a load balancer. */
export const emptiedElement = (element: Element): Element | undefined => {
  if (!isJsonObject(element)) return undefined
  const { loadBalancer } = element
  if (!isJsonObject(loadBalancer) || !Array.isArray(loadBalancer['servers'])) return undefined
  return loadBalancer['servers'].length === 0
    ? element
    : { ...element, loadBalancer: { ...loadBalancer, servers: [] } }
}
