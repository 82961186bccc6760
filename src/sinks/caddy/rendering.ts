/** Backends as upstreams of Caddy's handlers. Pure. */
import { type Backend, type Endpoint, formatAddress } from '../../core/desired.js'
import { hostsIn } from '../../core/host-in.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'
import { withoutIdle } from '../kit/idle-endpoints.js'
import { shareWeights } from '../kit/revision-shares.js'
import { type CaddyUpstream, type CaddyUpstreams, canonicalUpstreams } from './handler.js'

const wholeWeight = (weight: number): number => Math.max(0, Math.round(weight))

const isEndpoint = (part: Endpoint | CaddyUpstream): part is Endpoint => 'task' in part

const dialOf = (part: Endpoint | CaddyUpstream): string =>
  isEndpoint(part) ? formatAddress(part) : part.dial

const renderUpstreams = (
  { endpoints, complete, gone }: Backend,
  before: CaddyUpstreams | undefined,
): CaddyUpstreams | undefined => {
  // The routes are the user's: a backend without a handler is one that Caddy does not route to.
  if (before === undefined) return undefined
  const { hasOwnPolicy } = before
  // A policy of the user's knows no weights, so an endpoint that is to get nothing is left out; unless all are.
  const { offered, idle } = hasOwnPolicy ? withoutIdle(endpoints) : { offered: endpoints, idle: [] }
  const parts = mergeIncomplete<Endpoint | CaddyUpstream>(
    { complete, gone: [...gone, ...idle] },
    {
      live: offered,
      held: before.upstreams,
      addressOf: dialOf,
    },
  )
  if (hasOwnPolicy)
    return { upstreams: canonicalUpstreams(parts.map((part) => ({ dial: dialOf(part) }))), hasOwnPolicy }
  const live = parts.filter(isEndpoint)
  const shares = shareWeights(live, parts.length - live.length)
  const shareOf = new Map<unknown, number>(
    live.map((endpoint, i) => [endpoint, shares?.endpoints[i] ?? endpoint.weight ?? 1]),
  )
  const upstreams = parts.map((part): CaddyUpstream => ({
    dial: dialOf(part),
    weight: wholeWeight(shareOf.get(part) ?? shares?.others ?? part.weight ?? 1),
  }))
  return { upstreams: canonicalUpstreams(upstreams), hasOwnPolicy }
}

/** Without upstreams: Caddy answers 503. */
export const emptied = (value: CaddyUpstreams): CaddyUpstreams => ({ ...value, upstreams: [] })

/** Everything of the sink except its target. */
export const caddyRendering: Required<
  Pick<Sink<CaddyUpstreams>, 'equals' | 'render' | 'parts' | 'prune' | 'hostsOf' | 'emptied'>
> = {
  equals: (a, b) => a === b || canonicalText(a) === canonicalText(b),
  ...renderEach(renderUpstreams),
  prune: emptied,
  emptied,
  hostsOf: ({ upstreams }) => hostsIn(upstreams.map(({ dial }) => dial)),
}
