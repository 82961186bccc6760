/** Backends as assignments of Envoy. Pure. */
import { type Backend, compareAddresses, formatAddress } from '../../core/desired.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'
import { weighedParts } from '../kit/weighed-parts.js'
import { assignmentOf, type EnvoyAssignment, type EnvoyEndpoint, endpointsIn } from './assignment.js'

/** Envoy refuses an assignment with a weight of 0, or whose weights add up to more than 32 bits. */
const envoyEndpoints = (backend: Backend, held: readonly EnvoyEndpoint[]): readonly EnvoyEndpoint[] =>
  weighedParts(backend, held)
    .map(({ part: { host, port, zone }, weight }): EnvoyEndpoint => ({ host, port, zone, weight }))
    .sort(compareAddresses)

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
