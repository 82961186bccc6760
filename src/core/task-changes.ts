import { concatMap, type OperatorFunction, pipe, scan } from 'rxjs'
import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import { believed, defaultSkewAllowanceMs, type Liveness, livenessOf } from './liveness.js'
import { sameTask, type Task } from './task.js'

/** A task as a worker sees it. */
export interface SeenTask {
  readonly task: Task
  readonly liveness: Liveness
}

export interface TaskChange {
  readonly arn: TaskArn
  /** `undefined` for a task that was not known. */
  readonly before: SeenTask | undefined
  readonly after: SeenTask
}

export interface TaskChangesOptions {
  /** As in `run`. Default: 30,000 ms. */
  readonly skewAllowanceMs?: Millis
}

const seen = (
  { tasks, marks }: ClusterState,
  arn: TaskArn,
  skewAllowanceMs: Millis,
): SeenTask | undefined => {
  const told = tasks.get(arn)
  if (told === undefined) return undefined
  const mark = marks.get(told.cluster)
  const task = believed(told, mark, skewAllowanceMs)
  return { task, liveness: livenessOf(task, mark, skewAllowanceMs) }
}

/**
 * The changes of tasks, from `Worker.state$`: first one for each task that is not gone, then one for each task whose
 * record or liveness changes. A snapshot that no longer lists a task is a change to `gone`, without any event about the
 * task. The last change of a task is the one to `gone`; what the worker forgets afterwards is no change. A step costs
 * what changed, and a snapshot costs one pass over the tasks.
 */
export const taskChanges = ({
  skewAllowanceMs = defaultSkewAllowanceMs,
}: TaskChangesOptions = {}): OperatorFunction<ClusterState, TaskChange> => {
  const changeOf = (last: ClusterState, state: ClusterState, arn: TaskArn): TaskChange | undefined => {
    const before = seen(last, arn, skewAllowanceMs)
    const after = seen(state, arn, skewAllowanceMs)
    const was = before?.liveness ?? 'gone'
    if (after === undefined)
      // Forgotten before it was seen to be gone.
      return before === undefined || was === 'gone'
        ? undefined
        : { arn, before, after: { ...before, liveness: 'gone' } }
    if (was === 'gone' && after.liveness === 'gone') return undefined
    return before !== undefined && was === after.liveness && sameTask(before.task, after.task)
      ? undefined
      : { arn, before, after }
  }

  return pipe(
    scan(
      ({ state: last }: { state: ClusterState; changes: readonly TaskChange[] }, state: ClusterState) => {
        const touched = new Set<TaskArn>()
        state.tasks.diff(last.tasks, (arn) => touched.add(arn))
        const read = new Set<string>()
        state.marks.diff(last.marks, (cluster) => read.add(cluster))
        if (read.size > 0)
          for (const [arn, { cluster }] of state.tasks) if (read.has(cluster)) touched.add(arn)
        const changes: TaskChange[] = []
        for (const arn of touched) {
          const change = changeOf(last, state, arn)
          if (change !== undefined) changes.push(change)
        }
        return { state, changes }
      },
      { state: emptyState, changes: [] },
    ),
    concatMap(({ changes }) => changes),
  )
}
