import type { ClusterArn } from '../../core/arn.js'
import type { Mark } from '../../core/cluster-state.js'
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

/** Whether a task is gone. It asks for the snapshot of each cluster once. */
const isGoneIn = (world: InspectedWorld): ((task: Task) => boolean) => {
  const { skewAllowanceMs } = optionsOf(world)
  const marks = new Map<ClusterArn, Mark | undefined>(world.state.marks)
  return (task) => {
    const mark = marks.get(task.cluster)
    return livenessOf(believed(task, mark, skewAllowanceMs), mark, skewAllowanceMs) === 'gone'
  }
}

/**
 * The tasks that match, and `undefined` for others. Sorting all tasks at each question would cost more than everything
 * else.
 */
function* inOrder(world: InspectedWorld, matches: (task: Task) => boolean): Generator<Task | undefined> {
  const {
    state: { tasks },
    desired: { unresolved },
  } = world
  const isGone = isGoneIn(world)
  for (const arn of sortedNames(unresolved)) {
    const task = tasks.get(arn)
    if (task !== undefined && matches(task)) yield task
  }
  const gone: Task[] = []
  for (const task of tasks.values()) {
    const isNext = matches(task) && (unresolved.size === 0 || !unresolved.has(task.arn))
    const isLater = isNext && isGone(task)
    if (isLater) gone.push(task)
    yield isNext && !isLater ? task : undefined
  }
  yield* gone
}

export function* taskRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<TaskRow>> {
  const { filter = '' } = query
  const fits = nameFilter(filter)
  const isWhole = filter.trim() === ''
  const matches = ({ arn, group, lastStatus, desiredStatus }: Task): boolean =>
    isWhole || fits(arn, group, lastStatus, desiredStatus)
  return yield* windowOf(inOrder(world, matches), {
    query,
    rowOf: (task) => taskRow(task, world),
    ...(isWhole && { total: world.state.tasks.size }),
  })
}
