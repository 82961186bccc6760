/** The defaults that Traefik adds to the elements from a container's labels. */
import * as E from 'fp-ts/lib/Either.js'
import type { LabelElements } from '../grammar/decode-labels.js'
import { type ElementKey, elementKey, partsOfKey } from '../grammar/element.js'
import { isJsonObject, type JsonObject } from '../../../shared/codec/json.js'
import type { LabelError } from '../grammar/label-tree.js'

const sections = ['http', 'tcp', 'udp'] as const

/** The elements of one section and kind, by name. */
export const namedOf = (
  elements: LabelElements,
  section: string,
  kind: string,
): ReadonlyMap<string, JsonObject> => {
  const named = new Map<string, JsonObject>()
  for (const [key, element] of elements) {
    const [of, which, name] = partsOfKey(key)
    if (of === section && which === kind && name !== undefined) named.set(name, element)
  }
  return named
}

const quoted = (names: Iterable<string>): string => [...names].map((name) => JSON.stringify(name)).join(', ')

const isEmpty = (router: JsonObject, field: string): boolean =>
  router[field] === undefined || router[field] === ''

export interface Completed {
  readonly elements: LabelElements
  /** Why dangling routers are left out: Traefik drops them too, and keeps the rest. */
  readonly dropped: readonly LabelError[]
}

/**
 * The same elements with all defaults filled in; or the reason why there are none.
 *
 * - No service: one named like the container. TCP and UDP only if labels define a router there; HTTP only if labels
 *   define neither TCP nor UDP, or something for HTTP.
 * - No HTTP router and one service: a router named like the container, with the default rule unless it is empty.
 * - An HTTP router without a rule: the default rule.
 * - A router without a service: the only one.
 */
export const withDefaults = (
  elements: LabelElements,
  name: string,
  defaultRule: () => string,
): E.Either<LabelError, Completed> => {
  const all = new Map<ElementKey, JsonObject>(elements)
  const dropped: LabelError[] = []
  const has = (section: string): boolean => [...elements.keys()].some((key) => key.startsWith(`${section}/`))
  const offers = {
    tcp: namedOf(all, 'tcp', 'routers').size + namedOf(all, 'tcp', 'services').size > 0,
    udp: namedOf(all, 'udp', 'routers').size + namedOf(all, 'udp', 'services').size > 0,
  }
  const wanted = { ...offers, http: !(offers.tcp || offers.udp) || has('http') }

  for (const section of sections) {
    if (!wanted[section]) continue
    if (namedOf(all, section, 'services').size === 0)
      all.set(elementKey(section, 'services', name), { loadBalancer: {} })
    const services = namedOf(all, section, 'services')
    for (const [service, element] of services) {
      if (isJsonObject(element['loadBalancer'])) continue
      return E.left({
        label: `traefik.${section}.services.${service}`,
        expected: `a key under ${service}.loadbalancer, such as ${service}.loadbalancer.server.port`,
        received: 'none',
      })
    }
    const [only = name] = services.keys()
    if (section === 'http' && namedOf(all, 'http', 'routers').size === 0 && services.size === 1) {
      const rule = defaultRule()
      if (rule !== '') all.set(elementKey('http', 'routers', name), { rule, service: only })
    }
    for (const [router, element] of namedOf(all, section, 'routers')) {
      const key = elementKey(section, 'routers', router)
      const label = `traefik.${section}.routers.${router}`
      const ruled =
        section === 'http' && isEmpty(element, 'rule') ? { ...element, rule: defaultRule() } : element
      const ruleless = section !== 'udp' && isEmpty(ruled, 'rule')
      const serviceless = isEmpty(ruled, 'service')
      if (ruleless) dropped.push({ label: `${label}.rule`, expected: 'a rule', received: 'none' })
      else if (serviceless && services.size > 1)
        dropped.push({
          label: `${label}.service`,
          expected: `one of ${quoted(services.keys())}`,
          received: 'none',
        })
      if (ruleless || (serviceless && services.size > 1)) all.delete(key)
      else all.set(key, serviceless ? { ...ruled, service: only } : ruled)
    }
  }
  return E.right({ elements: all, dropped })
}
