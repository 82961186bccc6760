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
  /** How servers are spoken to of which no label says it. Default: `http`. */
  readonly scheme?: Scheme | ((endpoint: Endpoint) => Scheme)
  /**
   * Whether routers, with their middlewares, stay while the service that they lead to is held and has no backend any
   * more: Traefik then answers 503, and without them 404. Those of a backend known to be empty stay in any case.
   * Default: true.
   */
  readonly keepRouters?: boolean
}

export interface ElementRenderer {
  /** `Sink.render`: all that should be, by key. */
  readonly render: Sink<Element>['render']
  /** What the last rendering found; ordered by key. */
  readonly conflicts: () => readonly ElementConflict[]
}

interface Contribution {
  readonly services: ReadonlyMap<ElementKey, Element>
  /** Routers, middlewares and the like. */
  readonly others: readonly (readonly [ElementKey, Element])[]
}

interface Rendered extends Contribution {
  readonly held: readonly (Element | undefined)[]
}

/** Of the newest task definition; of one, the last by id. */
const newestOf = ({ endpoints }: Backend): Endpoint | undefined => {
  let newest: Endpoint | undefined
  for (const endpoint of endpoints) {
    const order = newest === undefined ? 1 : compareRevisions(endpoint.definition, newest.definition)
    if (order > 0 || (order === 0 && newest !== undefined && rankOf(endpoint) > rankOf(newest)))
      newest = endpoint
  }
  return newest
}

/** Containers of one task may share a service: which of them counts must not depend on their addresses. */
const rankOf = ({ container, containerPort, id }: Endpoint): string => `${container} ${containerPort} ${id}`

const isService = (key: ElementKey): boolean => partsOfKey(key)[1] === 'services'

/**
 * Renders backends as services, and as the routers, middlewares and TLS stores that their endpoints' labels define.
 *
 * - A backend is the HTTP service of its name; with a name `tcp/<service>` or `udp/<service>` it is one of those, and
 *   UDP endpoints under a plain name are a UDP service. Without labels it is no more than that, and what else the
 *   service has stays.
 * - Of endpoints whose labels differ, those of the newest task definition count, for all but the server's own:
 *   scheme, URL, weight.
 * - Routers, with their middlewares, stay as they were while their service has no endpoint; and beside those that the
 *   labels define, while its backend is incomplete.
 * - An element that two backends define differently is as the first of them by name says.
 *
 * Costs what changed, and a look at the rest.
 */
export const elementRenderer = ({
  scheme = 'http',
  keepRouters = true,
}: ElementOptions = {}): ElementRenderer => {
  const schemeOf = typeof scheme === 'function' ? scheme : () => scheme
  // Backends that did not change are the same object from one state to the next, and so are records.
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
