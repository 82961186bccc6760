import type { Millis } from './clock.js'
import type { Mark } from './cluster-state.js'
import { lifecycleRank, type TaskStatus } from './task-status.js'
import { sameHealth, type Task } from './task.js'

/**
 * - `live`: can receive traffic.
 * - `unhealthy`: running, but UNHEALTHY according to ECS. The consequence depends on `HealthPolicy`.
 * - `gone`: stopping, stopped, or ruled out by a newer snapshot.
 * - `pending`: not running yet, or in an unknown status. Has no effect.
 */
export type Liveness = 'live' | 'unhealthy' | 'gone' | 'pending'

/**
 * How far clocks within ECS may differ, plus how long ECS may take to list a task that it has announced. A snapshot
 * does not rule out a task that changed less than this before the snapshot began.
 */
export const defaultSkewAllowanceMs: Millis = 30_000

/**
 * Whether a snapshot shows that a task is gone: it is newer than the task by the skew allowance, and does not list it.
 */
export const ruledOut = (task: Task, mark: Mark | undefined, skewAllowanceMs: Millis): boolean =>
  mark !== undefined && task.at + skewAllowanceMs < mark.at && !mark.tasks.has(task.arn)

/**
 * The record to use for a task: that of the newest snapshot if the snapshot is newer than the last event by more than
 * the skew allowance. No event, however high its version, therefore lasts longer than until the next snapshot. This
 * limits the effect of forged events, and of states that ECS has reverted.
 *
 * Its health is that of the newest answer, which may be newer than the snapshot: events have none.
 */
export const believed = (task: Task, mark: Mark | undefined, skewAllowanceMs: Millis): Task => {
  if (mark === undefined || task.at + skewAllowanceMs >= mark.at) return task
  const listed = mark.tasks.get(task.arn)
  if (listed === undefined) return task
  return sameHealth(listed.health, task.health) ? listed : { ...listed, health: task.health }
}

const RUNNING = lifecycleRank('RUNNING')

/**
 * | desired | last      | snapshot  | health    | liveness |
 * |---------|-----------|-----------|-----------|----------|
 * | STOPPED | any       | any       | any       | gone (draining shows as last RUNNING, and ends before the container's SIGTERM) |
 * | RUNNING | > RUNNING | any       | any       | gone     |
 * | RUNNING | any       | ruled out | any       | gone     |
 * | RUNNING | RUNNING   | allows    | UNHEALTHY | unhealthy |
 * | RUNNING | RUNNING   | allows    | other     | live     |
 * | RUNNING | < RUNNING | allows    | any       | pending  |
 */
export const livenessOf = (task: Task, mark: Mark | undefined, skewAllowanceMs: Millis): Liveness => {
  if (task.desiredStatus === 'STOPPED' || lifecycleRank(task.lastStatus) > RUNNING) return 'gone'
  if (ruledOut(task, mark, skewAllowanceMs)) return 'gone'
  if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') return 'pending'
  return task.health?.status === 'UNHEALTHY' ? 'unhealthy' : 'live'
}

/** The liveness of a container of a live task: non-essential ones may have exited, or not started yet. */
export const containerLiveness = (status: TaskStatus): Liveness =>
  status === 'RUNNING' ? 'live' : lifecycleRank(status) > RUNNING ? 'gone' : 'pending'
