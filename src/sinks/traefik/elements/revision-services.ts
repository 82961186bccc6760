/**
 * The services of single revisions, over which the service of a backend is weighted while a deployment shifts traffic.
 * Their names are in a namespace of our own, and depend only on the service and the revision.
 */
import { createHash } from 'node:crypto'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/codec/json.js'
import { type Element, type ElementKey, elementKey, partsOfKey } from '../grammar/element.js'
import { balancerOf } from './balancer.js'

const INFIX = '_ecs-task-stream_'
const form = /_ecs-task-stream_[0-9a-f]{16}$/

/** The key of a revision's service. `revision`: any text that identifies it within the backend. */
export const revisionKey = (service: ElementKey, revision: string): ElementKey =>
  `${service}${INFIX}${createHash('sha256').update(revision).digest('hex').slice(0, 16)}`

const isRevisionName = (name: string): boolean => form.test(name)

/** Whether an element is the service of a revision. */
export const isRevisionKey = (key: ElementKey): boolean => {
  const [, kind, name = ''] = partsOfKey(key)
  return kind === 'services' && isRevisionName(name)
}

/** One service of a weighted one. */
export interface WeightedService {
  readonly key: ElementKey
  readonly weight: number
}

const weightedIn = (section: string, json: Json): readonly WeightedService[] => {
  if (!isJsonObject(json)) return []
  const { name, weight = 1 } = json
  return typeof name === 'string' && isRevisionName(name) && typeof weight === 'number'
    ? [{ key: elementKey(section, 'services', name), weight }]
    : []
}

/** The services of revisions that service `key` is weighted over; none for any other service. */
export const weightedServices = (
  key: ElementKey,
  element: Element | undefined,
): readonly WeightedService[] => {
  const weighted = isJsonObject(element) ? element['weighted'] : undefined
  const services = isJsonObject(weighted) ? weighted['services'] : undefined
  const [section] = partsOfKey(key)
  return isJsonArray(services) ? services.flatMap((service) => weightedIn(section, service)) : []
}

/** The names of the revisions' services that an element is weighted over. */
export const weightedNames = (element: Element): readonly string[] =>
  weightedServices('', element).map(({ key }) => partsOfKey(key)[2] ?? '')

/** Whether an element is a service that is weighted over those of revisions. */
export const isWeightedOver = (element: Element): boolean => weightedNames(element).length > 0

/**
 * A cookie that keeps a client with its revision, for services whose cookies keep it with a server. Each cookie needs a
 * name of its own; without a name in the labels, Traefik makes one for each service.
 */
const stickyOver = (services: readonly JsonObject[]): JsonObject => {
  const [sticky] = services.flatMap((service) => balancerOf(service)['sticky'] ?? [])
  const cookie = isJsonObject(sticky) ? sticky['cookie'] : undefined
  if (!isJsonObject(cookie)) return {}
  const { name } = cookie
  return {
    sticky: {
      cookie: typeof name === 'string' && name !== '' ? { ...cookie, name: `${name}_revision` } : cookie,
    },
  }
}

/** A revision's service, and its weight. */
export interface Weighted extends WeightedService {
  readonly service: JsonObject
}

/**
 * The service that is weighted over those of revisions. If all of them have health checks, Traefik leaves out a revision
 * without a healthy server; if one has none, Traefik refuses a service that asks for that.
 */
export const weightedOver = (revisions: readonly Weighted[]): JsonObject => {
  const services = revisions.map(({ service }) => service)
  const checked = services.every((service) => balancerOf(service)['healthCheck'] !== undefined)
  return {
    weighted: {
      services: revisions.map(({ key, weight }) => ({ name: partsOfKey(key)[2] ?? '', weight })),
      ...stickyOver(services),
      ...(checked ? { healthCheck: {} } : {}),
    },
  }
}
