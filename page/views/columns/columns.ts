import type { TableName } from '../../../src/inspector/tables.js'
import { sourcesColumns, unresolvedColumns } from './observations.js'
import { driftColumns, planColumns } from './records.js'
import { deploymentsColumns, neverInColumns } from './rollouts.js'
import { backendsColumns, endpointsColumns, tasksColumns } from './routing.js'
import type { TableColumns } from './table-columns.js'

/** What each table shows. */
export const columns: { readonly [K in TableName]: TableColumns<K> } = {
  backends: backendsColumns,
  endpoints: endpointsColumns,
  tasks: tasksColumns,
  plan: planColumns,
  unresolved: unresolvedColumns,
  drift: driftColumns,
  sources: sourcesColumns,
  deployments: deploymentsColumns,
  neverIn: neverInColumns,
}
