/** Backends as upstreams of nginx. Pure. */
import {
  type Backend,
  compareAddresses,
  type Endpoint,
  formatAddress,
  trafficWeight,
} from '../../core/desired.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { maxWeight } from '../../core/split-weights.js'
import { shareWeights } from '../kit/revision-shares.js'
import type { UpstreamOptions } from './options.js'
import {
  emptied,
  isKept,
  type NginxServer,
  type NginxUpstream,
  printUpstream,
  serversIn,
} from './upstream.js'

const getsNothing = (endpoint: Endpoint): boolean => (trafficWeight(endpoint) ?? 1) <= 0

/** nginx refuses a weight of 0. */
const nginxWeight = (weight: number): number => Math.min(maxWeight, Math.max(1, Math.round(weight)))

const serversOf = (
  { endpoints, complete, gone }: Backend,
  held: readonly NginxServer[],
): readonly NginxServer[] => {
  // nginx has no weight of 0, so an endpoint that is to get nothing is left out; unless all are.
  const idle = endpoints.every(getsNothing) ? [] : endpoints.filter(getsNothing)
  const parts = mergeIncomplete<Endpoint | NginxServer>(
    { complete, gone: [...gone, ...idle] },
    {
      live: idle.length === 0 ? endpoints : endpoints.filter((endpoint) => !getsNothing(endpoint)),
      held,
      addressOf: formatAddress,
    },
  )
  const live = parts.filter((part) => 'task' in part)
  const shares = shareWeights(live, parts.length - live.length)
  const shareOf = new Map<unknown, number>(live.map((endpoint, i) => [endpoint, shares?.endpoints[i] ?? 1]))
  return parts
    .map((part): NginxServer => {
      const weight = shares === undefined ? part.weight : (shareOf.get(part) ?? shares.others)
      return {
        host: part.host,
        port: part.port,
        weight: weight === undefined ? undefined : nginxWeight(weight),
      }
    })
    .sort(compareAddresses)
}

/** `upstreamOf`: the name of a backend's upstream. */
export const nginxRendering = (
  upstreamOf: (backend: string) => string,
  options: UpstreamOptions,
): Required<Pick<Sink<NginxUpstream>, 'equals' | 'render' | 'parts' | 'prune' | 'hostsOf' | 'emptied'>> => ({
  equals: (a, b) => a.text === b.text,
  ...renderEach((backend: Backend, before: NginxUpstream | undefined) => {
    // An incomplete backend without endpoints says nothing yet.
    if (before === undefined && backend.endpoints.length === 0 && !backend.complete) return undefined
    const held = before === undefined ? [] : serversIn(before)
    return printUpstream(upstreamOf(backend.name), serversOf(backend, held), options)
  }),
  prune: (before) => (isKept(before) ? before : undefined),
  emptied,
  hostsOf: (upstream) => [...new Set(serversIn(upstream).map(({ host }) => host))],
})
