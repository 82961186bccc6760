import type { ClusterArn, TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState, Mark } from './cluster-state.js'
import type { ClusterEvent } from './event.js'
import { observe } from './reduce.js'
import { sameTask, type Task } from './task.js'

type TasksListed = Extract<ClusterEvent, { readonly _tag: 'TasksListed' }>

/**
 * A complete snapshot of a cluster's tasks, as its difference from the snapshot before. Most tasks do not change between
 * two snapshots.
 */
export interface TasksRelisted {
  readonly _tag: 'TasksRelisted'
  readonly cluster: ClusterArn
  /** As in `TasksListed`. */
  readonly at: Millis
  readonly order: number
  /** The order of the snapshot that this one differs from. */
  readonly since: number
  /** The tasks that are new in this snapshot, or are described differently. */
  readonly tasks: readonly Task[]
  /** The tasks that are no longer in it. */
  readonly unlisted: readonly TaskArn[]
}

/** Equal, apart from the time at which ECS gave the same answer about health. */
const isUnchanged = (before: Task, after: Task): boolean =>
  sameTask(before, after) ||
  (before.health?.status === after.health?.status && sameTask(before, { ...after, health: before.health }))

/**
 * The difference of a snapshot from the newest one in the state. `undefined` if the snapshot is not newer, or if it is
 * the first.
 */
export const relistingOf = (
  { cluster, at, order = at, tasks: listed }: TasksListed,
  { marks, tasks: known }: Pick<ClusterState, 'marks' | 'tasks'>,
): TasksRelisted | undefined => {
  const mark = marks.get(cluster)
  if (mark === undefined || order <= mark.order) return undefined
  const names = new Set<TaskArn>()
  const tasks: Task[] = []
  for (const task of listed) {
    names.add(task.arn)
    const before = mark.tasks.get(task.arn)
    if (before === undefined || !known.has(task.arn) || !isUnchanged(before, task)) tasks.push(task)
  }
  const unlisted = Array.from(mark.tasks.keys()).filter((arn) => !names.has(arn))
  return { _tag: 'TasksRelisted', cluster, at, order, since: mark.order, tasks, unlisted }
}

const markAfter = (mark: Mark, { at, order, tasks, unlisted }: TasksRelisted, state: ClusterState): Mark => {
  const listed = new Map(mark.tasks)
  for (const arn of unlisted) listed.delete(arn)
  for (const task of tasks) {
    const held = state.tasks.get(task.arn)
    listed.set(task.arn, held !== undefined && sameTask(held, task) ? held : task)
  }
  // As in `joinMark`: the time of the older snapshot is also at or before the beginning of the newer one.
  return { order, at: Math.max(mark.at, at), tasks: listed }
}

/**
 * Folds a snapshot that is given by its difference. Returns the state that folding the whole snapshot would give, if the
 * state has the snapshot before it. A newer snapshot takes precedence. Without the snapshot before it, only the tasks
 * are folded, so that nothing is ruled out by mistake.
 */
export const relist = (state: ClusterState, relisted: TasksRelisted): ClusterState => {
  const tasks = relisted.tasks.reduce(observe, state.tasks)
  const folded = tasks === state.tasks ? state : { ...state, tasks }
  const mark = folded.marks.get(relisted.cluster)
  if (mark?.order !== relisted.since || relisted.order <= mark.order) return folded
  return { ...folded, marks: folded.marks.set(relisted.cluster, markAfter(mark, relisted, folded)) }
}
