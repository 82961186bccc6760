/** References between elements of one document. */
import { type Element, type ElementKey, elementKey, partsOfKey } from './element.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../shared/codec/json.js'

const textsIn = (json: Json | undefined): readonly string[] =>
  typeof json === 'string'
    ? [json]
    : isJsonArray(json)
      ? json.filter((item): item is string => typeof item === 'string')
      : []

/** The key of the service that a router points to; undefined if the element is not a router. */
export const serviceOfRouter = (key: ElementKey, router: Element): ElementKey | undefined => {
  const [section, kind] = partsOfKey(key)
  if (kind !== 'routers' || !isJsonObject(router)) return undefined
  const { service } = router
  return typeof service === 'string' ? elementKey(section, 'services', service) : undefined
}

/** The middlewares that a router, a service or a chain names. */
export const middlewaresOf = (key: ElementKey, element: Element): readonly ElementKey[] => {
  if (!isJsonObject(element)) return []
  const [section] = partsOfKey(key)
  const { middlewares, chain } = element
  return [...textsIn(middlewares), ...(isJsonObject(chain) ? textsIn(chain['middlewares']) : [])].map(
    (name) => elementKey(section, 'middlewares', name),
  )
}

/** The suffix of references to elements of Traefik's own ECS provider. */
const ECS = '@ecs'

const local = (json: Json | undefined): Json | undefined => {
  if (typeof json === 'string') return json.endsWith(ECS) ? json.slice(0, -ECS.length) : json
  return isJsonArray(json) ? json.map((item) => local(item) ?? null) : json
}

const withLocal = (element: JsonObject, ...keys: readonly string[]): JsonObject =>
  Object.fromEntries(
    Object.entries(element).map(([key, value]) => [
      key,
      keys.includes(key) ? (local(value) ?? value) : value,
    ]),
  )

/**
 * The same elements, with `web@ecs` replaced by `web`: labels written for Traefik's own provider refer to the same
 * document here.
 */
export const withLocalReferences = (
  elements: ReadonlyMap<ElementKey, JsonObject>,
): ReadonlyMap<ElementKey, JsonObject> =>
  new Map(
    Array.from(elements, ([key, element]) => {
      const { chain, errors } = element
      return [
        key,
        {
          ...withLocal(element, 'service', 'middlewares'),
          ...(isJsonObject(chain) ? { chain: withLocal(chain, 'middlewares') } : {}),
          ...(isJsonObject(errors) ? { errors: withLocal(errors, 'service') } : {}),
        },
      ]
    }),
  )
