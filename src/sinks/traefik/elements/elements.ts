/** Backends as elements of Traefik's dynamic configuration. Pure. */
import type { Backend, Endpoint } from '../../../core/desired.js'
import type { Sink } from '../../../core/sink.js'
import { type Element, type ElementKey, partsOfKey } from '../grammar/element.js'
import { Claims, type ElementConflict } from './element-claims.js'
import { keptRouters } from './kept-routers.js'
import { labelled } from '../grammar/labelled.js'
import { compareRevisions } from './revision.js'
import type { Scheme } from './servers.js'
import { serviceElements, serviceKeysOf } from './service-elements.js'

export type { ElementConflict } from './element-claims.js'
export type { Scheme } from './servers.js'

export interface ElementOptions {
  /** The scheme of servers without a label for it. Default: `http`. */
  readonly scheme?: Scheme | ((endpoint: Endpoint) => Scheme)
  /**
   * Whether routers and their middlewares stay while their service exists but its backend does not: Traefik then
   * answers 503, and without them 404. Those of a backend known to be empty always stay. Default: true.
   */
  readonly keepRouters?: boolean
}

export interface ElementRenderer {
  /** `Sink.render`: all desired elements, by key. */
  readonly render: Sink<Element>['render']
  /** The conflicts of the last rendering, ordered by key. */
  readonly conflicts: () => readonly ElementConflict[]
}

interface Contribution {
  readonly services: ReadonlyMap<ElementKey, Element>
  /** Routers, middlewares and other elements. */
  readonly others: readonly (readonly [ElementKey, Element])[]
}

interface Rendered extends Contribution {
  readonly held: readonly (Element | undefined)[]
}

/** The endpoint of the newest task definition; among equals, the last by id. */
const newestOf = ({ endpoints }: Backend): Endpoint | undefined => {
  let newest: Endpoint | undefined
  for (const endpoint of endpoints) {
    const order = newest === undefined ? 1 : compareRevisions(endpoint.definition, newest.definition)
    if (order > 0 || (order === 0 && newest !== undefined && rankOf(endpoint) > rankOf(newest)))
      newest = endpoint
  }
  return newest
}

/** Containers of one task may share a service. Which one's labels win must not depend on their addresses. */
const rankOf = ({ container, containerPort, id }: Endpoint): string => `${container} ${containerPort} ${id}`

const isService = (key: ElementKey): boolean => partsOfKey(key)[1] === 'services'

/**
 * Renders backends as services, and as the routers, middlewares and TLS stores that their endpoints' labels define.
 *
 * - A backend is the HTTP service of its name. The names `tcp/<service>` and `udp/<service>` stand for TCP and UDP
 *   services, and UDP endpoints under a plain name are a UDP service. Without labels nothing else is rendered, and
 *   other settings of the service are kept.
 * - If the labels of endpoints differ, those of the newest task definition win, except for the server's own: scheme,
 *   URL, weight.
 * - Routers and their middlewares stay while their service has no endpoints, and beside newly defined ones while its
 *   backend is incomplete.
 * - If two backends define an element differently, the first by name wins.
 *
 * The cost is proportional to what changed, plus one cheap pass over the rest.
 */
export const elementRenderer = ({
  scheme = 'http',
  keepRouters = true,
}: ElementOptions = {}): ElementRenderer => {
  const schemeOf = typeof scheme === 'function' ? scheme : () => scheme
  // Unchanged backends are the same object from one state to the next, and so are records.
  const rendered = new WeakMap<Backend, Rendered>()

  const contributionOf = (backend: Backend, before: ReadonlyMap<ElementKey, Element>): Contribution => {
    const held = serviceKeysOf(backend.name).map((key) => before.get(key))
    const known = rendered.get(backend)
    if (known?.held.every((element, i) => element === held[i]) === true) return known
    const newest = newestOf(backend)
    const services = serviceElements(backend, newest, before, schemeOf)
    const others = newest === undefined ? [] : [...labelled(newest)].filter(([key]) => !isService(key))
    const contribution = { services, others, held }
    rendered.set(backend, contribution)
    return contribution
  }

  let conflicts: readonly ElementConflict[] = []
  return {
    conflicts: () => conflicts,
    render: (backends, before) => {
      const claims = new Claims()
      const settled = new Set<ElementKey>()
      for (const backend of backends.values()) {
        const { services, others } = contributionOf(backend, before)
        for (const [key, element] of services) {
          claims.add(key, backend.name, element)
          if (backend.complete && backend.endpoints.length > 0) settled.add(key)
        }
        for (const [key, element] of others) claims.add(key, backend.name, element)
      }
      conflicts = claims.conflicts()
      const wanted = claims.elements(before)
      for (const [key, element] of keptRouters(before, wanted, settled, keepRouters)) wanted.set(key, element)
      return wanted
    },
  }
}
