import { defer, distinctUntilChanged, map, type Observable, ReplaySubject, share } from 'rxjs'
import { sameEndpoint } from './claim.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import type { Backend, Endpoint } from './desired.js'
import { PersistentMap } from './persistent-map.js'
import type { HealthChecks } from './health-checks.js'
import type { Policy } from './policy.js'
import { projector } from './project.js'

export interface OfferedOptions {
  readonly expose: Policy
  readonly skewAllowanceMs: Millis
  readonly healthChecks: HealthChecks
}

/**
 * The endpoints that a policy exposes in successive states of one fold, by id, regardless of what probes found: an
 * unhealthy endpoint has to be probed again, and a probe's result must not change what is probed. The cost of a step is
 * proportional to the number of changed backends.
 */
class OfferedEndpoints {
  readonly #project
  /** The number of backends with an endpoint: a policy may expose one port under several names. */
  readonly #backends = new Map<string, number>()
  #last = PersistentMap.empty<Backend>()
  #endpoints = PersistentMap.empty<Endpoint>()

  constructor({ expose, skewAllowanceMs, healthChecks }: OfferedOptions) {
    this.#project = projector({ expose, covers: [], skewAllowanceMs, healthChecks })
  }

  /** The same map as before if no endpoint was added, changed or removed. */
  in(state: ClusterState): PersistentMap<Endpoint> {
    const { backends } = this.#project({ ...state, health: emptyState.health }, 0)
    const left: string[] = []
    backends.diff(this.#last, (_, before, after) => {
      for (const endpoint of after?.endpoints ?? []) this.#enter(endpoint)
      for (const { id } of before?.endpoints ?? []) left.push(id)
    })
    for (const id of left) this.#leave(id)
    this.#last = backends
    return this.#endpoints
  }

  #enter(endpoint: Endpoint): void {
    const { id } = endpoint
    this.#backends.set(id, (this.#backends.get(id) ?? 0) + 1)
    const known = this.#endpoints.get(id)
    if (known === undefined || !sameEndpoint(known, endpoint))
      this.#endpoints = this.#endpoints.set(id, endpoint)
  }

  #leave(id: string): void {
    const others = (this.#backends.get(id) ?? 0) - 1
    if (others > 0) {
      this.#backends.set(id, others)
      return
    }
    this.#backends.delete(id)
    this.#endpoints = this.#endpoints.delete(id)
  }
}

/** The endpoints of successive states. The projection is shared, and only computed while there is a subscriber. */
export const offeredEndpoints = (
  state$: Observable<ClusterState>,
  options: OfferedOptions,
): Observable<PersistentMap<Endpoint>> =>
  defer(() => {
    const offered = new OfferedEndpoints(options)
    return state$.pipe(
      map((state) => offered.in(state)),
      distinctUntilChanged(),
    )
  }).pipe(share({ connector: () => new ReplaySubject(1) }))
