import type { EndpointId } from '../arn.js'
import type { Backend, Endpoint } from '../desired.js'

/** Up to this many endpoints are looked through faster than they are indexed. */
const few = 16

/** Backends may have thousands of endpoints, and each of them is asked for. They are never changed. */
const indexed = new WeakMap<readonly Endpoint[], ReadonlyMap<EndpointId, Endpoint>>()

export const endpointById = ({ endpoints }: Backend, id: EndpointId): Endpoint | undefined => {
  if (endpoints.length <= few) return endpoints.find((endpoint) => endpoint.id === id)
  const known = indexed.get(endpoints)
  if (known !== undefined) return known.get(id)
  const made = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
  indexed.set(endpoints, made)
  return made.get(id)
}
