/** Backends as assignments of Envoy. Pure. */
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
import { canonicalText } from '../../shared/codec/json.js'
import { shareWeights } from '../kit/revision-shares.js'
import { assignmentOf, type EnvoyAssignment, type EnvoyEndpoint, endpointsIn } from './assignment.js'

const getsNothing = (endpoint: Endpoint): boolean => (trafficWeight(endpoint) ?? 1) <= 0

/** Envoy refuses an assignment with a weight of 0, or whose weights add up to more than 32 bits. */
const envoyWeight = (weight: number): number => Math.min(maxWeight, Math.max(1, Math.round(weight)))

const envoyEndpoints = (backend: Backend, held: readonly EnvoyEndpoint[]): readonly EnvoyEndpoint[] => {
  const { endpoints, complete, gone } = backend
  // Envoy has no weight of 0, so an endpoint that is to get nothing is left out; unless all are.
  const idle = endpoints.every(getsNothing) ? [] : endpoints.filter(getsNothing)
  const parts = mergeIncomplete<Endpoint | EnvoyEndpoint>(
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
    .map((part): EnvoyEndpoint => {
      const weight = shares === undefined ? part.weight : (shareOf.get(part) ?? shares.others)
      return {
        host: part.host,
        port: part.port,
        zone: part.zone,
        weight: weight === undefined ? undefined : envoyWeight(weight),
      }
    })
    .sort(compareAddresses)
}

const renderAssignment = (
  backend: Backend,
  before: EnvoyAssignment | undefined,
): EnvoyAssignment | undefined => {
  // An incomplete backend without endpoints says nothing yet.
  if (before === undefined && backend.endpoints.length === 0 && !backend.complete) return undefined
  return assignmentOf(backend.name, envoyEndpoints(backend, before === undefined ? [] : endpointsIn(before)))
}

/** An assignment without endpoints: Envoy answers 503, “no healthy upstream”. */
export const emptied = (assignment: EnvoyAssignment): EnvoyAssignment => ({ ...assignment, endpoints: [] })

/** What both sinks have in common: one record per backend, by the backend's name. */
export const envoyRendering = (): Required<
  Pick<Sink<EnvoyAssignment>, 'equals' | 'render' | 'parts' | 'hostsOf' | 'endpointsOf' | 'emptied'>
> => ({
  equals: (a, b) => a === b || canonicalText(a) === canonicalText(b),
  ...renderEach(renderAssignment),
  emptied,
  hostsOf: (assignment) => [...new Set(endpointsIn(assignment).map(({ host }) => host))],
  endpointsOf: (assignment) => endpointsIn(assignment).map(formatAddress),
})
