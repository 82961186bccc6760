import { optionsOf } from '../../core/explain/explained-world.js'
import { taskChain } from '../../core/explain/task-explanation.js'
import { believed, livenessOf } from '../../core/liveness.js'
import type { Sliced } from '../../core/sliced.js'
import type { Task } from '../../core/task.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import { sortedNames } from '../sorted-names.js'
import type { TaskRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

export const taskRow = (task: Task, world: InspectedWorld): TaskRow => {
  const { liveness, firstBreak } = taskChain(task, world)
  return {
    task: task.arn,
    cluster: task.cluster,
    group: task.group,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    liveness,
    version: task.version,
    createdAt: task.createdAt,
    changedAt: task.at,
    routed: firstBreak === undefined,
    because: firstBreak,
  }
}

/** Sorting all tasks at each question would cost more than everything else. */
function* inOrder(world: InspectedWorld): Generator<Task> {
  const {
    state: { tasks, marks },
    desired: { unresolved },
  } = world
  const { skewAllowanceMs } = optionsOf(world)
  for (const arn of sortedNames(unresolved)) {
    const task = tasks.get(arn)
    if (task !== undefined) yield task
  }
  const gone: Task[] = []
  for (const task of tasks.values()) {
    if (unresolved.has(task.arn)) continue
    const mark = marks.get(task.cluster)
    if (livenessOf(believed(task, mark, skewAllowanceMs), mark, skewAllowanceMs) === 'gone') gone.push(task)
    else yield task
  }
  yield* gone
}

export function* taskRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<TaskRow>> {
  const { filter = '' } = query
  const matches = nameFilter(filter)
  return yield* windowOf(inOrder(world), {
    query,
    rowOf: (task) => taskRow(task, world),
    ...(filter.trim() === ''
      ? { total: world.state.tasks.size }
      : {
          matches: ({ arn, group, lastStatus, desiredStatus }: Task) =>
            matches(arn, group, lastStatus, desiredStatus),
        }),
  })
}
