import type { ClusterArn, TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState, Mark } from './cluster-state.js'
import { observeAll, type TasksListed } from './reduce.js'
import { atOnce, type Sliced, sliceSize } from './sliced.js'
import { sameTask, type Task } from './task.js'

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

/** `relistingOf`, in slices. */
export function* relistingInSlices(
  { cluster, at, order = at, tasks: listed }: TasksListed,
  { marks, tasks: known }: Pick<ClusterState, 'marks' | 'tasks'>,
): Sliced<TasksRelisted | undefined> {
  const mark = marks.get(cluster)
  if (mark === undefined || order <= mark.order) return undefined
  const names = new Set<TaskArn>()
  const tasks: Task[] = []
  for (const [i, task] of listed.entries()) {
    if (i > 0 && i % sliceSize === 0) yield
    names.add(task.arn)
    const before = mark.tasks.get(task.arn)
    if (before === undefined || !known.has(task.arn) || !isUnchanged(before, task)) tasks.push(task)
  }
  const unlisted: TaskArn[] = []
  let seen = 0
  for (const arn of mark.tasks.keys()) {
    if (++seen % (4 * sliceSize) === 0) yield
    if (!names.has(arn)) unlisted.push(arn)
  }
  return { _tag: 'TasksRelisted', cluster, at, order, since: mark.order, tasks, unlisted }
}

/**
 * The difference of a snapshot from the newest one in the state. `undefined` if the snapshot is not newer, or if it is
 * the first.
 */
export const relistingOf = (
  listed: TasksListed,
  state: Pick<ClusterState, 'marks' | 'tasks'>,
): TasksRelisted | undefined => atOnce(relistingInSlices(listed, state))

function* markAfter(
  mark: Mark,
  { at, order, tasks, unlisted }: TasksRelisted,
  state: ClusterState,
): Sliced<Mark> {
  let listed = mark.tasks
  let seen = 0
  for (const arn of unlisted) {
    if (++seen % sliceSize === 0) yield
    listed = listed.delete(arn)
  }
  for (const task of tasks) {
    if (++seen % sliceSize === 0) yield
    const held = state.tasks.get(task.arn)
    listed = listed.set(task.arn, held !== undefined && sameTask(held, task) ? held : task)
  }
  // As in `joinMark`: the time of the older snapshot is also at or before the beginning of the newer one.
  return { order, at: Math.max(mark.at, at), tasks: listed }
}

/** `relist`, in slices. */
export function* relistInSlices(state: ClusterState, relisted: TasksRelisted): Sliced<ClusterState> {
  const tasks = yield* observeAll(state.tasks, relisted.tasks)
  const folded = tasks === state.tasks ? state : { ...state, tasks }
  const mark = folded.marks.get(relisted.cluster)
  if (mark?.order !== relisted.since || relisted.order <= mark.order) return folded
  const next = yield* markAfter(mark, relisted, folded)
  return { ...folded, marks: folded.marks.set(relisted.cluster, next) }
}

/**
 * Folds a snapshot that is given by its difference. Returns the state that folding the whole snapshot would give, if the
 * state has the snapshot before it. A newer snapshot takes precedence. Without the snapshot before it, only the tasks
 * are folded, so that nothing is ruled out by mistake.
 */
export const relist = (state: ClusterState, relisted: TasksRelisted): ClusterState =>
  atOnce(relistInSlices(state, relisted))
