import { listed } from '../../core/explain/backend-explanation.js'
import type { UnlikeRecord } from '../../core/explain/explained-target.js'
import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import type { PlanRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'
import { ownerIn, type UnlikeIn, unlikeRecords } from './unlike-records.js'

const changed = { Create: 'created', Update: 'updated', Delete: 'deleted' } as const

const changeOf = ({ change }: UnlikeRecord): PlanRow['change'] =>
  change === undefined ? 'skipped' : changed[change]

export const planRow = ({ target, unlike }: UnlikeIn): PlanRow => {
  const record = target.records.get(unlike.key)
  return {
    target: target.name,
    key: unlike.key,
    change: changeOf(unlike),
    skipped: unlike.skipped,
    owner: record?.owner,
    before: listed(record?.held ?? []),
    after: listed(record?.wanted ?? []),
  }
}

export function* planRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<PlanRow>> {
  const matches = nameFilter(query.filter)
  return yield* windowOf(unlikeRecords(world), {
    query,
    rowOf: planRow,
    matches: (each) => matches(each.target.name, each.unlike.key, ownerIn(each)),
  })
}
