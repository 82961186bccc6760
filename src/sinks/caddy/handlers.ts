/** The handlers in Caddy's configuration that bear our ids. Pure. */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../shared/codec/json.js'
import { backendOfId } from './handler-id.js'

/** Where something is in a JSON document: keys of objects and indexes of arrays. */
export type JsonPath = readonly (string | number)[]

export interface CaddyHandler {
  readonly id: string
  readonly path: JsonPath
  readonly json: JsonObject
}

export interface CaddyHandlers {
  readonly byBackend: ReadonlyMap<string, CaddyHandler>
  /** What is wrong with handlers, and what to do; for people. */
  readonly problems: readonly string[]
}

/** Every object with an `@id` and a `handler`, in the order of the document. */
const identified = function* (json: Json, path: JsonPath): Iterable<CaddyHandler> {
  if (isJsonArray(json)) {
    for (const [i, item] of json.entries()) yield* identified(item, [...path, i])
    return
  }
  if (!isJsonObject(json)) return
  const { '@id': id, handler } = json
  if (typeof id === 'string' && typeof handler === 'string') yield { id, path, json }
  for (const [key, value] of Object.entries(json)) yield* identified(value, [...path, key])
}

/** `servers`: the value of `apps.http.servers`. Handlers in subroutes and named routes are found as well. */
export const handlersIn = (servers: Json, prefix: string): CaddyHandlers => {
  const byBackend = new Map<string, CaddyHandler>()
  const problems: string[] = []
  for (const found of identified(servers, [])) {
    const backend = backendOfId(prefix, found.id)
    if (backend === undefined) continue
    if (found.json['handler'] !== 'reverse_proxy')
      problems.push(`the handler with the @id "${found.id}" is no reverse_proxy: give the @id to one`)
    else if (byBackend.has(backend))
      problems.push(
        `several handlers are for the backend ${backend}, and all but the first get nothing: use one in a named route, and invoke it`,
      )
    else {
      byBackend.set(backend, found)
      if (found.json['dynamic_upstreams'] !== undefined)
        problems.push(
          `the handler with the @id "${found.id}" has dynamic_upstreams, which Caddy uses instead of upstreams: remove them`,
        )
    }
  }
  return { byBackend, problems }
}
