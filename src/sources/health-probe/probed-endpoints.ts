import type { EndpointId } from '../../core/arn.js'
import { sameEndpoint } from '../../core/claim.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import type { Backend, Endpoint } from '../../core/desired.js'
import type { Policy } from '../../core/policy.js'
import { PersistentMap } from '../../core/persistent-map.js'
import { projector } from '../../core/project.js'

interface Offered {
  readonly endpoint: Endpoint
  /** In how many backends: one port may be offered under several names. */
  readonly backends: number
}

/**
 * The endpoints that a policy offers in successive states of one fold, whatever probes said of them: what was found
 * unhealthy has to be probed again, and what a probe says must not change what is probed.
 */
export class ExposedEndpoints {
  readonly #project
  readonly #offered = new Map<EndpointId, Offered>()
  #last = PersistentMap.empty<Backend>()

  constructor(expose: Policy, skewAllowanceMs: Millis) {
    this.#project = projector({ expose, covers: [], skewAllowanceMs })
  }

  /** Visits the endpoints that came, changed or (`undefined`) left; costs the backends that did. */
  follow(state: ClusterState, visit: (id: EndpointId, endpoint: Endpoint | undefined) => void): void {
    const { backends } = this.#project({ ...state, health: emptyState.health }, 0)
    const touched = new Map<EndpointId, Endpoint | undefined>()
    backends.diff(this.#last, (_, before, after) => {
      const left = new Map((before?.endpoints ?? []).map((endpoint) => [endpoint.id, endpoint]))
      for (const endpoint of after?.endpoints ?? []) {
        const { id } = endpoint
        const known = this.#offered.get(id)
        const more = left.delete(id) ? 0 : 1
        if (known !== undefined && more === 0 && sameEndpoint(known.endpoint, endpoint)) continue
        if (!touched.has(id)) touched.set(id, known?.endpoint)
        this.#offered.set(id, { endpoint, backends: (known?.backends ?? 0) + more })
      }
      for (const id of left.keys()) {
        const known = this.#offered.get(id)
        if (known === undefined) continue
        if (!touched.has(id)) touched.set(id, known.endpoint)
        if (known.backends > 1) this.#offered.set(id, { ...known, backends: known.backends - 1 })
        else this.#offered.delete(id)
      }
    })
    this.#last = backends
    for (const [id, before] of touched) {
      const endpoint = this.#offered.get(id)?.endpoint
      if (
        before === undefined || endpoint === undefined ? before !== endpoint : !sameEndpoint(before, endpoint)
      )
        visit(id, endpoint)
    }
  }
}
