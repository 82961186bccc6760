import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import type { NeverInRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

export function* neverInRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<NeverInRow>> {
  const matches = nameFilter(query.filter)
  return yield* windowOf(world.observed.neverIn, {
    query,
    rowOf: (row) => row,
    matches: ({ task, group, end }) =>
      matches(
        task,
        group,
        end?.stopCode,
        end?.reason,
        ...(end?.containers ?? []).map(({ reason }) => reason),
      ),
  })
}
