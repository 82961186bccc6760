/** The upstreams of one `reverse_proxy` handler of Caddy. Pure. */
import type { Owner } from '../../core/sink.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../shared/codec/json.js'
import { ownerIn, ownerMark } from './handler-id.js'

export type CaddyUpstream = {
  /** An address such as `10.0.0.1:80` or `[fd00::1]:80`; whatever Caddy can dial, if somebody else wrote it. */
  readonly dial: string
  /** An integer from 0, relative to the other upstreams; absent if all are equal. */
  readonly weight?: number
}

/** What we write of a handler. */
export type CaddyUpstreams = {
  /** Ordered by `dial`. */
  readonly upstreams: readonly CaddyUpstream[]
  /** Whether the handler has a selection policy of the user's, which knows no weights and stays. */
  readonly hasOwnPolicy: boolean
}

const weighted = 'weighted_round_robin'

const items = (json: Json | undefined): readonly Json[] =>
  json !== undefined && isJsonArray(json) ? json : []

const objectOf = (json: Json | undefined): JsonObject => (isJsonObject(json) ? json : {})

const byDial = (a: CaddyUpstream, b: CaddyUpstream): number =>
  a.dial === b.dial ? (a.weight ?? 1) - (b.weight ?? 1) : a.dial < b.dial ? -1 : 1

/** Without weights if they make no difference, and in canonical order. */
export const canonicalUpstreams = (upstreams: readonly CaddyUpstream[]): readonly CaddyUpstream[] => {
  const differ = new Set(upstreams.map(({ weight = 1 }) => weight)).size > 1
  return upstreams.map(({ dial, weight = 1 }) => (differ ? { dial, weight } : { dial })).sort(byDial)
}

/** The upstreams in a handler, whoever wrote them. */
export const upstreamsIn = (handler: JsonObject): CaddyUpstreams => {
  const policy = objectOf(objectOf(handler['load_balancing'])['selection_policy'])
  const isWeighted = policy['policy'] === weighted
  const weights = isWeighted ? items(policy['weights']) : []
  return {
    upstreams: canonicalUpstreams(
      items(handler['upstreams']).map((upstream, i): CaddyUpstream => {
        const { dial } = objectOf(upstream)
        const weight = weights[i]
        return {
          dial: typeof dial === 'string' ? dial : '',
          ...(typeof weight === 'number' ? { weight } : {}),
        }
      }),
    ),
    hasOwnPolicy: !isWeighted && Object.keys(policy).length > 0,
  }
}

/** The owner of a handler's upstreams; `undefined` if they are nobody's. */
export const ownerOf = (handler: JsonObject): Owner | undefined => {
  const mark = objectOf(handler['load_balancing'])['@id']
  return typeof mark === 'string' ? ownerIn(mark) : undefined
}

/**
 * The handler with these upstreams, and everything else as it is. The owner is the `@id` of `load_balancing`: Caddy
 * accepts an `@id` in every object, and refuses members that it does not know.
 */
export const withUpstreams = (
  handler: JsonObject,
  { upstreams, hasOwnPolicy }: CaddyUpstreams,
  { owner, id }: { readonly owner: Owner; readonly id: string },
): JsonObject => {
  const { selection_policy: policy, ...balancing } = objectOf(handler['load_balancing'])
  const isWeighted = upstreams.some(({ weight }) => weight !== undefined)
  const selection: JsonObject =
    hasOwnPolicy && policy !== undefined
      ? { selection_policy: policy }
      : isWeighted
        ? {
            selection_policy: { policy: weighted, weights: upstreams.map(({ weight = 1 }) => weight) },
          }
        : {}
  return {
    ...handler,
    load_balancing: { ...balancing, ...selection, '@id': ownerMark(owner, id) },
    upstreams: upstreams.map(({ dial }) => ({ dial })),
  }
}
