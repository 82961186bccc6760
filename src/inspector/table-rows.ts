import type { Sliced } from '../core/sliced.js'
import type { InspectedWorld } from './inspected-world.js'
import type { RowPage, RowQuery } from './inspector.js'
import { backendRows } from './rows/backend-rows.js'
import { deploymentRows } from './rows/deployment-rows.js'
import { driftRows } from './rows/drift-rows.js'
import { endpointRows } from './rows/endpoint-rows.js'
import { neverInRows } from './rows/never-in-rows.js'
import { planRows } from './rows/plan-rows.js'
import { sourceRows } from './rows/source-rows.js'
import { taskRows } from './rows/task-rows.js'
import { unresolvedRows } from './rows/unresolved-rows.js'
import type { TableName, Tables } from './tables.js'
import type { RowWindow } from './window.js'

type RowsOf<K extends TableName> = (world: InspectedWorld, query: RowQuery) => Sliced<RowWindow<Tables[K]>>

const rowsOf: { readonly [K in TableName]: RowsOf<K> } = {
  backends: backendRows,
  endpoints: endpointRows,
  tasks: taskRows,
  plan: planRows,
  unresolved: unresolvedRows,
  drift: driftRows,
  sources: sourceRows,
  deployments: deploymentRows,
  neverIn: neverInRows,
}

/** A window of a table. It costs a pass over the names at most, and the rows of the window. */
export function* tableRows<K extends TableName>(
  table: K,
  world: InspectedWorld,
  query: RowQuery,
): Sliced<RowPage<K>> {
  const of: RowsOf<K> = rowsOf[table]
  const { total, rows } = yield* of(world, query)
  return { total, revision: world.desired.revision, rows }
}
