import type { Millis } from '../../core/clock.js'
import { emptyState, type ClusterState } from '../../core/cluster-state.js'
import { todoAfter } from '../../core/explain/end-text.js'
import { livenessOf } from '../../core/liveness.js'
import type { Task } from '../../core/task.js'
import { sameEnd } from '../../core/task-end.js'
import type { TaskArn } from '../../core/arn.js'
import type { NeverInRow } from '../tables.js'

/** ECS forgets stopped tasks after an hour; these are kept until so many newer ones came. */
const mostTasks = 1_000

/** A task that ran for less has died early. */
const earlyMs: Millis = 60_000

/** A task that is older has run before, whatever its last change was. */
const startsWithinMs: Millis = 900_000

/** By its own status: without a snapshot, which may only lack it. */
const isGone = (task: Task): boolean => livenessOf(task, undefined, 0) === 'gone'

const hasRun = (before: Task | undefined): boolean => before?.lastStatus === 'RUNNING'

const ageOf = ({ createdAt, at }: Task): Millis | undefined =>
  createdAt === undefined ? undefined : at - createdAt

/** Whether a task that is gone ended without having run, or soon after it began to run. */
const neverGotIn = (before: Task | undefined, task: Task): boolean => {
  const age = ageOf(task)
  if (before === undefined) return age !== undefined && age < earlyMs
  if (!hasRun(before)) return true
  return task.at - before.at < earlyMs && (age === undefined || age < startsWithinMs)
}

const rowOf = (before: Task | undefined, task: Task): NeverInRow => ({
  task: task.arn,
  cluster: task.cluster,
  group: task.group,
  definition: task.definition,
  createdAt: task.createdAt,
  endedAt: task.at,
  ran: hasRun(before),
  containers: task.containers.map(({ name }) => name),
  end: task.end,
  todo: todoAfter(task.end),
})

/** Tasks that ended before anything could be sent to them, from what changes in the state. */
export class NeverInObserver {
  /** The oldest first. */
  readonly #rows = new Map<TaskArn, NeverInRow>()
  #tasks: ClusterState['tasks'] = emptyState.tasks

  /** Costs what changed since the last call. */
  see({ tasks }: Pick<ClusterState, 'tasks'>): void {
    if (tasks === this.#tasks) return
    tasks.diff(this.#tasks, (arn, before, after) => {
      if (after === undefined || !isGone(after)) return
      if (before !== undefined && isGone(before)) this.#learnEnd(arn, after)
      else if (neverGotIn(before, after)) this.#add(rowOf(before, after))
    })
    this.#tasks = tasks
  }

  /** ECS tells the exit codes when the task has stopped, some events after its end began. A tombstone tells nothing. */
  #learnEnd(arn: TaskArn, { end }: Task): void {
    const row = this.#rows.get(arn)
    if (row !== undefined && end !== undefined && !sameEnd(row.end, end))
      this.#rows.set(arn, { ...row, end, todo: todoAfter(end) })
  }

  #add(row: NeverInRow): void {
    this.#rows.set(row.task, row)
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= mostTasks) return
      this.#rows.delete(oldest)
    }
  }

  /** The newest first. */
  get rows(): readonly NeverInRow[] {
    return [...this.#rows.values()].reverse()
  }
}
