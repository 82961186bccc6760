/** Endpoints that are to get no requests, for targets without a weight of 0. Pure. */
import { type Endpoint, trafficWeight } from '../../core/desired.js'

export interface OfferedAndIdle {
  readonly offered: readonly Endpoint[]
  /** To be left out, and removed where they are. */
  readonly idle: readonly Endpoint[]
}

const getsNothing = (endpoint: Endpoint): boolean => (trafficWeight(endpoint) ?? 1) <= 0

/** None is idle if all are: a backend whose endpoints get nothing would otherwise refuse what it is sent. */
export const withoutIdle = (endpoints: readonly Endpoint[]): OfferedAndIdle => {
  const idle = endpoints.filter(getsNothing)
  return idle.length === 0 || idle.length === endpoints.length
    ? { offered: endpoints, idle: [] }
    : { offered: endpoints.filter((endpoint) => !getsNothing(endpoint)), idle }
}
