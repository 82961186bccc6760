import type { Task as DescribedTask } from '@aws-sdk/client-ecs'
import type { Millis } from '../core/clock.js'
import type { Health, Task } from '../core/task.js'
import { taskRecord } from './task-record.js'
import { wireTask } from './wire-task.js'

const healthOf = (status: string | undefined): Health | undefined =>
  status === 'HEALTHY' || status === 'UNHEALTHY' || status === 'UNKNOWN' ? status : undefined

/**
 * When the task last changed, as far as the answer tells: the latest of its times. That is never after the true one,
 * and by the clock of ECS. 0 for a task without any.
 */
const changedAt = (task: DescribedTask): Millis => {
  let latest = 0
  for (const time of [
    task.createdAt,
    task.connectivityAt,
    task.pullStartedAt,
    task.pullStoppedAt,
    task.startedAt,
    task.stoppingAt,
    task.executionStoppedAt,
    task.stoppedAt,
  ])
    if (time instanceof Date && time.getTime() > latest) latest = time.getTime()
  return latest
}

/**
 * The record of a task that DescribeTasks tells of: as its event would give, and its health besides, which no event
 * tells.
 *
 * @param order orders what is told of its health: that of the snapshot.
 * @returns undefined for an answer without what every task has (ARN, cluster, statuses, version).
 */
export const taskFromDescription = (task: DescribedTask, order: number): Task | undefined => {
  if (!wireTask.is(task)) return undefined
  const status = healthOf(task.healthStatus)
  return taskRecord(task, changedAt(task), status === undefined ? undefined : { at: order, status })
}
