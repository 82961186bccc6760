import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import type { DriftRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'
import { ownerIn, unlikeRecords } from './unlike-records.js'

/** Records of others that are in the way, and those that others keep changing. */
export const allDrift = (world: InspectedWorld): readonly DriftRow[] => {
  const rows = new Map<string, DriftRow>()
  const id = (target: string, key: string): string => JSON.stringify([target, key])
  for (const each of unlikeRecords(world)) {
    if (each.unlike.skipped !== 'foreign') continue
    const { key } = each.unlike
    rows.set(id(each.target.name, key), {
      target: each.target.name,
      key,
      owner: ownerIn(each),
      skipped: true,
      conflictsPerMinute: 0,
      lastConflictAt: undefined,
    })
  }
  for (const { target, key, writer, perMinute, lastAt } of world.observed.conflicts)
    rows.set(id(target, key), {
      ...(rows.get(id(target, key)) ?? { target, key, owner: writer, skipped: false }),
      conflictsPerMinute: perMinute,
      lastConflictAt: lastAt,
    })
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

export function* driftRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<DriftRow>> {
  const matches = nameFilter(query.filter)
  return yield* windowOf(allDrift(world), {
    query,
    rowOf: (row) => row,
    matches: ({ target, key, owner }) => matches(target, key, owner),
  })
}
