import type { Millis } from './clock.js'
import type { Mark } from './cluster-state.js'
import { lifecycleRank, type TaskStatus } from './task-status.js'
import type { Task } from './task.js'

/**
 * - `live`: may be routed to.
 * - `unhealthy`: runs, and ECS says that it is not healthy. What follows from it is a policy: see `HealthPolicy`.
 * - `gone`: known not to be: stopping, stopped, or ruled out by a newer snapshot.
 * - `pending`: not running yet, or in a status that we do not know. Nothing follows from it.
 */
export type Liveness = 'live' | 'unhealthy' | 'gone' | 'pending'

/**
 * How far the clocks within ECS may differ, and how long ECS may take to list a task that it has announced. A task
 * younger than this before a snapshot's beginning is not ruled out by it.
 */
export const defaultSkewAllowanceMs: Millis = 30_000

/** Whether a snapshot says that a task is gone: being newer than it and not naming it is the tombstone. */
export const ruledOut = (task: Task, mark: Mark | undefined, skewAllowanceMs: Millis): boolean =>
  mark !== undefined && task.at + skewAllowanceMs < mark.at && !mark.tasks.has(task.arn)

/**
 * The record of a task to believe: what the newest snapshot says of it, where that is newer by more than the skew allowance than
 * all that events have told. So no event, however high its version, is believed for longer than until the next
 * snapshot: one that was forged, or that ECS has taken back, pins nothing.
 */
export const believed = (task: Task, mark: Mark | undefined, skewAllowanceMs: Millis): Task => {
  if (mark === undefined || task.at + skewAllowanceMs >= mark.at) return task
  return mark.tasks.get(task.arn) ?? task
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

/** A container of a live task: a non-essential one may have exited, or not have started. */
export const containerLiveness = (status: TaskStatus): Liveness =>
  status === 'RUNNING' ? 'live' : lifecycleRank(status) > RUNNING ? 'gone' : 'pending'
