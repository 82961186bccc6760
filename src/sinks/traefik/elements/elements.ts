/** Backends as elements of Traefik's dynamic configuration. Pure. */
import type { Backend, Endpoint } from '../../../core/desired.js'
import type { Sink } from '../../../core/sink.js'
import { type Element, type ElementKey, partsOfKey } from '../grammar/element.js'
import { Claims, type ElementConflict } from './element-claims.js'
import { keptRouters } from './kept-routers.js'
import { labelled } from '../grammar/labelled.js'
import { compareRevisions } from './revision.js'
import type { Scheme, Shares } from './servers.js'
import { testBackend } from './test-requests.js'
import { isRevisionKey } from './revision-services.js'
import { heldBy } from './held-service.js'
import { serviceElements } from './service-elements.js'

export type { ElementConflict } from './element-claims.js'
export type { Scheme, Shares } from './servers.js'

export interface ElementOptions {
  /** The scheme of servers without a label for it. Default: `http`. */
  readonly scheme?: Scheme | ((endpoint: Endpoint) => Scheme)
  /** How a deployment shares the requests of an HTTP service. Default: `services`; for Redis `servers`. */
  readonly shares?: Shares
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
  /**
   * Whether an element that was given to `render` exists only during a deployment: the service of a revision, or what
   * takes test requests.
   */
  readonly isTemporary: (element: Element) => boolean
}

interface Contribution {
  readonly services: ReadonlyMap<ElementKey, Element>
  /** Routers, middlewares and other elements. */
  readonly others: readonly (readonly [ElementKey, Element])[]
}

interface Rendered extends Contribution {
  /** Whether it takes test requests. */
  readonly isTest: boolean
  readonly held: readonly (Element | undefined)[]
}

/** The endpoint of the newest task definition; among equals, the last by id. */
const newestOf = (endpoints: readonly Endpoint[]): Endpoint | undefined => {
  let newest: Endpoint | undefined
  for (const endpoint of endpoints) {
    const order = newest === undefined ? 1 : compareRevisions(endpoint.definition, newest.definition)
    if (order > 0 || (order === 0 && newest !== undefined && rankOf(endpoint) > rankOf(newest)))
      newest = endpoint
  }
  return newest
}

/**
 * The endpoint whose labels define routers and middlewares: those of the replaced revision until it is gone. They apply
 * to all requests, and those to the new revision are only a share.
 */
const definingOf = (endpoints: readonly Endpoint[]): Endpoint | undefined =>
  newestOf(endpoints.filter(({ share }) => share?.role === 'source' && share.revision !== '')) ??
  newestOf(endpoints)

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
 * - While a deployment splits the requests of a backend, its service is weighted over a service for each revision. The
 *   labels of the replaced revision then define the routers.
 * - The backend of test requests is a service and, if its labels have a rule for them, routers.
 * - If two backends define an element differently, the first by name wins.
 *
 * The cost is proportional to what changed, plus one cheap pass over the rest.
 */
export const elementRenderer = ({
  scheme = 'http',
  keepRouters = true,
  shares = 'services',
}: ElementOptions = {}): ElementRenderer => {
  const schemeOf = typeof scheme === 'function' ? scheme : () => scheme
  // Unchanged backends are the same object from one state to the next, and so are records.
  const rendered = new WeakMap<Backend, Rendered>()

  const contributionOf = (offered: Backend, before: ReadonlyMap<ElementKey, Element>): Rendered => {
    const held = heldBy(offered.name, before)
    const known = rendered.get(offered)
    if (known?.held.length === held.length && known.held.every((element, i) => element === held[i]))
      return known
    const test = testBackend(offered)
    const backend = test ?? offered
    const services = serviceElements(backend, { before, schemeOf, newestOf, shares })
    const defining = definingOf(backend.endpoints)
    const others = defining === undefined ? [] : [...labelled(defining)].filter(([key]) => !isService(key))
    const contribution = { services, others, held, isTest: test !== undefined }
    rendered.set(offered, contribution)
    return contribution
  }

  /** The keys of what takes test requests, and took them in the last rendering. */
  let testKeys: ReadonlySet<ElementKey> = new Set()
  const temporary = new WeakSet<Element>()

  /** Production's definitions win, and differences are not reported: they are what the deployment is about. */
  const addTests = (tests: ReadonlyMap<string, Rendered>, claims: Claims): ReadonlySet<ElementKey> => {
    const production = new Set<ElementKey>()
    const added = new Set<ElementKey>()
    for (const [backend, { services, others }] of tests)
      for (const [key, element] of [...services, ...others]) {
        if (!added.has(key) && claims.has(key)) production.add(key)
        if (production.has(key)) continue
        claims.add(key, backend, element)
        added.add(key)
      }
    return added
  }

  let conflicts: readonly ElementConflict[] = []
  return {
    conflicts: () => conflicts,
    isTemporary: (element) => temporary.has(element),
    render: (backends, before) => {
      const claims = new Claims()
      const settled = new Set<ElementKey>()
      const tests = new Map<string, Rendered>()
      for (const backend of backends.values()) {
        const contribution = contributionOf(backend, before)
        const { services, others } = contribution
        if (contribution.isTest) {
          tests.set(backend.name, contribution)
          continue
        }
        for (const [key, element] of services) {
          claims.add(key, backend.name, element)
          if (backend.complete && backend.endpoints.length > 0) settled.add(key)
        }
        for (const [key, element] of others) claims.add(key, backend.name, element)
      }
      const added = addTests(tests, claims)
      testKeys = new Set([...added, ...[...testKeys].filter((key) => before.has(key) && !claims.has(key))])
      for (const key of testKeys) settled.add(key)
      for (const [key, element] of before) if (isRevisionKey(key) || testKeys.has(key)) temporary.add(element)
      conflicts = claims.conflicts()
      const wanted = claims.elements(before)
      for (const [key, element] of keptRouters(before, wanted, settled, keepRouters)) wanted.set(key, element)
      return wanted
    },
  }
}
