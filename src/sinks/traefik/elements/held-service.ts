import type { Json } from '../../../shared/codec/json.js'
import type { Element, ElementKey } from '../grammar/element.js'
import { isBalancer, serversIn } from './balancer.js'
import { type WeightedService, weightedServices } from './revision-services.js'
import { serviceKeysOf } from './service-place.js'

/** A service as it is held: a load balancer, or one for each revision. */
export interface HeldService {
  readonly revisions: readonly (WeightedService & { readonly element: Element | undefined })[]
  /** What has the settings, if no labels define them. */
  readonly model: Element | undefined
  readonly servers: readonly Json[]
}

export const heldAt = (key: ElementKey, before: ReadonlyMap<ElementKey, Element>): HeldService => {
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

/** The elements that the services of a backend are made from, besides the backend. */
export const heldBy = (
  backend: string,
  before: ReadonlyMap<ElementKey, Element>,
): readonly (Element | undefined)[] =>
  serviceKeysOf(backend).flatMap((key) => {
    const element = before.get(key)
    return [element, ...weightedServices(key, element).map((one) => before.get(one.key))]
  })
