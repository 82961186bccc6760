import { type Backend, trafficWeight } from '../../core/desired.js'
import { heldOf } from '../../core/explain/target-links.js'
import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import { sortedNames } from '../sorted-names.js'
import type { BackendRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

/** What keeps a backend incomplete. Its tasks would say it exactly, and cost a pass over all tasks. */
const incompleteBecause = ({ desired: { awaited } }: InspectedWorld, { complete }: Backend) => {
  if (complete) return undefined
  const [first, ...others] = awaited
  return first === undefined
    ? 'a task that is, or may be, part of it waits for a lookup'
    : `cluster ${first}${others.length === 0 ? ' has' : ` and ${others.length} more have`} no complete snapshot yet`
}

export const backendRow = (backend: Backend, world: InspectedWorld): BackendRow => {
  const { name, endpoints, complete, gone } = backend
  return {
    backend: name,
    clusters: [...new Set(endpoints.map(({ cluster }) => cluster))].sort(),
    complete,
    incompleteBecause: incompleteBecause(world, backend),
    endpoints: endpoints.length,
    idle: endpoints.filter((endpoint) => trafficWeight(endpoint) === 0).length,
    gone: gone.length,
    targets: world.targets.map((target) => ({
      target: target.name,
      held: heldOf(target, name, endpoints, world),
      wanted: endpoints.length,
    })),
  }
}

export function* backendRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<BackendRow>> {
  const { backends } = world.desired
  const matches = nameFilter(query.filter)
  const names = sortedNames(backends)
  const found = query.filter === undefined ? names : names.filter((name) => matches(name))
  return yield* windowOf(
    found.slice(query.from, query.from + query.count).flatMap((name) => backends.get(name) ?? []),
    { query: { from: 0, count: query.count }, total: found.length, rowOf: (one) => backendRow(one, world) },
  )
}
