import { type Backend, type Endpoint, formatAddress, trafficWeight } from '../../core/desired.js'
import { heldOf } from '../../core/explain/target-links.js'
import type { BackendName } from '../../core/policy.js'
import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import { sortedNames } from '../sorted-names.js'
import type { EndpointRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

interface Offered {
  readonly backend: BackendName
  readonly endpoint: Endpoint
}

export const endpointRow = ({ backend, endpoint }: Offered, world: InspectedWorld): EndpointRow => ({
  backend,
  address: formatAddress(endpoint),
  task: endpoint.task,
  cluster: endpoint.cluster,
  group: endpoint.group,
  container: endpoint.container,
  containerPort: endpoint.containerPort,
  protocol: endpoint.protocol,
  zone: endpoint.zone,
  weight: trafficWeight(endpoint),
  targets: world.targets.map((target) => {
    const held = heldOf(target, backend, [endpoint], world)
    return { target: target.name, held: held === undefined ? undefined : held > 0 }
  }),
})

const offeredBy = ({ name, endpoints }: Backend): readonly Offered[] =>
  endpoints.map((endpoint) => ({ backend: name, endpoint }))

function* allOffered({ desired: { backends } }: InspectedWorld): Generator<Offered> {
  for (const name of sortedNames(backends)) {
    const backend = backends.get(name)
    if (backend !== undefined) yield* offeredBy(backend)
  }
}

/** The number of endpoints of all backends. */
export const countEndpoints = ({ desired: { backends } }: InspectedWorld): number => {
  let count = 0
  for (const { endpoints } of backends.values()) count += endpoints.length
  return count
}

export function* endpointRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<EndpointRow>> {
  const { filter = '' } = query
  const rowOf = (offered: Offered): EndpointRow => endpointRow(offered, world)
  const named = world.desired.backends.get(filter)
  if (named !== undefined)
    return yield* windowOf(offeredBy(named), { query, total: named.endpoints.length, rowOf })
  const matches = nameFilter(filter)
  return yield* windowOf(allOffered(world), {
    query,
    rowOf,
    ...(filter.trim() === ''
      ? { total: countEndpoints(world) }
      : {
          matches: ({ backend, endpoint }: Offered) =>
            matches(backend, formatAddress(endpoint), endpoint.task, endpoint.group, endpoint.container),
        }),
  })
}
