/**
 * Backends for the test requests of a deployment. Their endpoints are those of the new revision, with its labels, which
 * define the service and the routers of production: here they define a service of the backend's own name, and routers
 * that take only test requests.
 */
import type { Backend, Endpoint } from '../../../core/desired.js'
import type { Json, JsonObject } from '../../../shared/codec/json.js'
import { type ElementKey, elementKey, partsOfKey } from '../grammar/element.js'
import { encodeLabels } from '../grammar/encode-labels.js'
import { labelled } from '../grammar/labelled.js'
import { serviceOfRouter } from '../grammar/references.js'
import { serviceKeysOf } from './service-place.js'

/** The label of a container with the rule of its test requests. */
export const testRuleLabel = 'ecs-task-stream.test.rule'

type Labels = Readonly<Record<string, string>>
type Elements = ReadonlyMap<ElementKey, JsonObject>

/** The service that labels define: the only one, else the one that all routers lead to. */
const definedService = (elements: Elements): ElementKey | undefined => {
  const services = [...elements.keys()].filter((key) => partsOfKey(key)[1] === 'services')
  const targets = new Set([...elements].flatMap(([key, element]) => serviceOfRouter(key, element) ?? []))
  const [only, another] = services.length > 0 ? services : [...targets]
  return another === undefined ? only : undefined
}

/** Above the router that it narrows. Without a priority, Traefik orders by the length of the rule, which is greater. */
const above = (priority: Json | undefined): JsonObject =>
  typeof priority === 'number' && priority !== 0
    ? { priority: Math.min(priority + 1, Number.MAX_SAFE_INTEGER) }
    : {}

/** The elements for test requests: `from` is production's service, `to` the one for them. */
const testElements = (elements: Elements, from: ElementKey, to: ElementKey, rule: string): Elements => {
  const test = new Map<ElementKey, JsonObject>()
  const service = elements.get(from)
  if (service !== undefined) test.set(to, service)
  if (rule === '') return test
  const [, , name = ''] = partsOfKey(to)
  for (const [key, element] of elements) {
    const [section, kind, of = ''] = partsOfKey(key)
    const { rule: production, priority } = element
    if (kind === 'services') continue
    if (kind !== 'routers') test.set(key, element)
    else if (section === 'http' && serviceOfRouter(key, element) === from && typeof production === 'string')
      test.set(elementKey(section, kind, `${of}-test`), {
        ...element,
        ...above(priority),
        rule: `(${production}) && (${rule})`,
        service: name,
      })
  }
  return test
}

/** By labels and service: tasks of one revision share their labels. */
const known = new WeakMap<Labels, Map<ElementKey, Labels>>()

/** The endpoint with labels for test requests; `undefined` if it takes production's. */
const testEndpoint = (endpoint: Endpoint, own: readonly ElementKey[]): Endpoint | undefined => {
  const { labels, share } = endpoint
  if (share?.role !== 'target' || labels === undefined) return undefined
  const elements = labelled(endpoint)
  const from = definedService(elements)
  const [section] = from === undefined ? [] : partsOfKey(from)
  const to = own.find((key) => partsOfKey(key)[0] === section)
  if (from === undefined || to === undefined || own.includes(from)) return undefined
  const byService = known.get(labels) ?? new Map<ElementKey, Labels>()
  known.set(labels, byService)
  const test =
    byService.get(to) ?? encodeLabels(testElements(elements, from, to, labels[testRuleLabel] ?? ''))
  byService.set(to, test)
  return { ...endpoint, labels: test }
}

/** The backend with labels for test requests; `undefined` if it takes production's. */
export const testBackend = (backend: Backend): Backend | undefined => {
  const own = serviceKeysOf(backend.name)
  const endpoints = backend.endpoints.flatMap((endpoint) => testEndpoint(endpoint, own) ?? [])
  return endpoints.length === 0 || endpoints.length < backend.endpoints.length
    ? undefined
    : { ...backend, endpoints }
}
