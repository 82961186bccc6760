/** A backend as a whole, for targets that are told of it: what a receiver is sent. Pure. */
import { type Backend, type Endpoint, formatAddress, trafficWeight } from '../../core/desired.js'
import { hostsIn } from '../../core/host-in.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'

/** One port of one container of one task. A member that is not known is absent. */
export type StateEndpoint = {
  /** `10.0.0.1:80`, or `[fd00::1]:80`. */
  readonly address: string
  readonly protocol: 'tcp' | 'udp'
  /** ARN. */
  readonly task: string
  readonly container: string
  /** The availability zone of the task. */
  readonly zone?: string
  /** An integer, relative to the other endpoints of the backend. */
  readonly weight?: number
  /** What the policy says about the endpoint. */
  readonly labels?: Readonly<Record<string, string>>
}

/** All that is known of a backend. */
export type BackendState = {
  /**
   * Whether these are all endpoints of the backend. If not, there may be more: keep those that you know. It is true if
   * all that was delivered before was complete, since then nothing is missing from it.
   */
  readonly complete: boolean
  /** Ordered by address and protocol. Each pair of these occurs once. */
  readonly endpoints: readonly StateEndpoint[]
}

/** What a sink remembers of a backend: the state that it has delivered. */
export type DeliveredState = BackendState & {
  /**
   * An event may have arrived or not. The endpoints are those of the last state that certainly arrived, and those of the
   * event.
   */
  readonly unsure?: true
}

const order = (a: StateEndpoint, b: StateEndpoint): number =>
  a.address === b.address ? (a.protocol < b.protocol ? -1 : 1) : a.address < b.address ? -1 : 1

const endpointOf = (endpoint: Endpoint): StateEndpoint => {
  const { protocol, task, container, zone, labels } = endpoint
  const weight = trafficWeight(endpoint)
  return {
    address: formatAddress(endpoint),
    protocol,
    task,
    container,
    ...(zone === undefined ? {} : { zone }),
    ...(weight === undefined ? {} : { weight }),
    ...(labels === undefined ? {} : { labels }),
  }
}

const stateOf = (backend: Backend, held: DeliveredState | undefined): DeliveredState | undefined => {
  // An incomplete backend without endpoints says nothing yet.
  if (held === undefined && !backend.complete && backend.endpoints.length === 0) return undefined
  return {
    complete: backend.complete || held?.complete === true,
    endpoints: mergeIncomplete(backend, {
      live: backend.endpoints.map(endpointOf),
      held: held?.endpoints ?? [],
      addressOf: ({ address }) => address,
      identityOf: ({ address, protocol }) => `${address}/${protocol}`,
    }).toSorted(order),
  }
}

/**
 * What is known of a receiver while an event is on its way: `before` is the last state that it certainly has, and
 * `sent` what it is told. It equals no rendered state, so something is delivered in any case, if only that the backend
 * is gone.
 */
export const unsureState = (
  before: DeliveredState | undefined,
  sent: BackendState | undefined,
): DeliveredState => {
  const merged = new Map<string, StateEndpoint>()
  for (const endpoint of [...(before?.endpoints ?? []), ...(sent?.endpoints ?? [])])
    merged.set(`${endpoint.address}/${endpoint.protocol}`, endpoint)
  return {
    complete: before?.complete === true,
    endpoints: [...merged.values()].toSorted(order),
    unsure: true,
  }
}

/** Everything of a sink except its target: the state of each backend, by the backend's name. */
export const stateRendering: Required<
  Pick<Sink<DeliveredState>, 'equals' | 'render' | 'parts' | 'prune' | 'hostsOf' | 'endpointsOf' | 'emptied'>
> = {
  equals: (a, b) => a === b || canonicalText(a) === canonicalText(b),
  ...renderEach(stateOf),
  prune: () => undefined,
  emptied: ({ complete }) => ({ complete, endpoints: [] }),
  hostsOf: ({ endpoints }) => hostsIn(endpoints.map(({ address }) => address)),
  endpointsOf: ({ endpoints }) => endpoints.map(({ address }) => address),
}
