import type { Unresolved } from '../../core/desired.js'
import { aboutUnresolved } from '../../core/explain/what-to-do.js'
import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import type { FailingCall, UnresolvedRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

/** The calls that answer what a task waits for, by parts of their names. */
const awaitedCalls: Readonly<Record<Unresolved['why'], RegExp | undefined>> = {
  'instance-address': /DescribeContainerInstances|DescribeInstances|address/i,
  'task-definition': /DescribeTaskDefinition|definition/i,
  'interface-address': /DescribeTasks|snapshot/i,
  'lookup-refused': undefined,
  'name-taken': undefined,
  'health-check': /DescribeTasks|health/i,
  refused: undefined,
  held: undefined,
  deployment: /ServiceDeployment|ServiceRevision|deployment/i,
}

const failingFor = (
  { why }: Unresolved,
  { observed: { sources } }: InspectedWorld,
): FailingCall | undefined => {
  const awaited = awaitedCalls[why]
  return awaited === undefined
    ? undefined
    : sources.flatMap(({ failing }) => failing).find(({ operation }) => awaited.test(operation))
}

export const unresolvedRow = (unresolved: Unresolved, world: InspectedWorld): UnresolvedRow => ({
  task: unresolved.task,
  cluster: unresolved.cluster,
  why: unresolved.why,
  detail: unresolved.detail,
  todo: aboutUnresolved[unresolved.why],
  since: world.observed.unresolvedSince.get(unresolved.task),
  failing: failingFor(unresolved, world),
})

export function* unresolvedRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<UnresolvedRow>> {
  const { unresolved } = world.desired
  const { unresolvedSince } = world.observed
  const matches = nameFilter(query.filter)
  const age = ({ task }: Unresolved): number => unresolvedSince.get(task) ?? Number.MAX_SAFE_INTEGER
  const sorted = [...unresolved.values()].sort(
    (a, b) => age(a) - age(b) || (a.task === b.task ? 0 : a.task < b.task ? -1 : 1),
  )
  yield
  return yield* windowOf(sorted, {
    query,
    rowOf: (each) => unresolvedRow(each, world),
    matches: ({ task, why, detail }) => matches(task, why, detail),
  })
}
