import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeErrors, explain } from '../../shared/codec/decode-error.js'
import { arrayOf, nonEmptyString, object, optional } from '../../shared/codec/lenient.js'
import { assignmentType } from './assignment.js'

/** What an Envoy asks for. */
export interface DiscoveryRequest {
  /** The clusters that are asked for; none means all. Without duplicates. */
  readonly clusters: readonly string[]
  /** What it has taken last; `undefined` if nothing yet. */
  readonly version: string | undefined
}

/** Envoy asks for one at a time. */
const mostClusters = 10_000

const Request = object(
  {},
  {
    version_info: optional(t.string),
    resource_names: optional(arrayOf(nonEmptyString, mostClusters)),
    type_url: optional(t.string),
  },
)

/** Reads a `DiscoveryRequest` of xDS v3 in JSON. Returns a text that says what is wrong with it if it is not one. */
export const discoveryRequest = (text: string): DiscoveryRequest | string => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'the body is not JSON: expected a DiscoveryRequest of xDS v3, as Envoy sends it with api_type: REST'
  }
  const decoded = Request.decode(json)
  if (E.isLeft(decoded)) return explain(decodeErrors(decoded.left, '$'))
  const { version_info: version, resource_names: names, type_url: type } = decoded.right
  if (type !== undefined && type !== null && type !== '' && type !== assignmentType)
    return `$.type_url: expected ${assignmentType}: this server has endpoints only`
  return { clusters: [...new Set(names ?? [])], version: version === '' ? undefined : (version ?? undefined) }
}
