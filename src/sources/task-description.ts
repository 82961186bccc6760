import type { Task as DescribedTask } from '@aws-sdk/client-ecs'
import type { Millis } from '../core/clock.js'
import type { Health, Task } from '../core/task.js'
import { taskRecord } from './task-record.js'
import { wireTask } from './wire-task.js'

const healthOf = (status: string | undefined): Health | undefined =>
  status === 'HEALTHY' || status === 'UNHEALTHY' || status === 'UNKNOWN' ? status : undefined

/**
 * The record of a task that DescribeTasks tells of: as its event would give, and its health besides, which no event
 * tells.
 *
 * @param at when it was asked for; an answer does not tell when the task last changed.
 * @returns undefined for an answer without what every task has (ARN, cluster, statuses, version).
 */
export const taskFromDescription = (task: DescribedTask, at: Millis): Task | undefined => {
  if (!wireTask.is(task)) return undefined
  const status = healthOf(task.healthStatus)
  return taskRecord(task, at, status === undefined ? undefined : { at, status })
}
