import type { Element, ElementKey } from '../grammar/element.js'
import { middlewaresOf, serviceOfRouter } from '../grammar/references.js'

/**
 * The routers of `before` that stay although no known task defines them, with their middlewares. These are routers of a
 * service without endpoints, so that Traefik answers 503 and not 404, and routers of an incomplete backend, since a
 * task that is not known yet may define them. `settled`: the other services. `orphans`: whether routers also stay if
 * their service has no backend any more.
 */
export const keptRouters = (
  before: ReadonlyMap<ElementKey, Element>,
  wanted: ReadonlyMap<ElementKey, Element>,
  settled: ReadonlySet<ElementKey>,
  orphans: boolean,
): ReadonlyMap<ElementKey, Element> => {
  const kept = new Map<ElementKey, Element>()
  const keep = (key: ElementKey, element: Element): void => {
    if (wanted.has(key) || kept.has(key)) return
    kept.set(key, element)
    for (const middleware of middlewaresOf(key, element)) {
      const held = before.get(middleware)
      if (held !== undefined) keep(middleware, held)
    }
  }
  for (const [key, element] of before) {
    const service = serviceOfRouter(key, element)
    if (service === undefined || settled.has(service)) continue
    const isOurs = wanted.has(service) || (orphans && before.has(service))
    if (isOurs) keep(key, element)
  }
  return kept
}
