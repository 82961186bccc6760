import type { Task as DescribedTask } from '@aws-sdk/client-ecs'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Millis } from '../../../core/clock.js'
import type { Health, Task } from '../../../core/task.js'
import { type DecodeError, decodeErrors } from '../../../shared/codec/decode-error.js'
import { taskRecord } from '../../ecs-events/task-record.js'
import { type WireTask, describedTask } from '../../ecs-events/wire-task.js'

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

export interface TaskReading {
  /** `undefined` where the answer lacks what every task has: plausible ARNs, statuses and version. */
  readonly task: Task | undefined
  /** What is wrong with the answer; empty for nearly every one. */
  readonly errors: readonly DecodeError[]
}

/**
 * The answer without the fields that are implausible by themselves, as if AWS had not told them: what an observation
 * lacks, it leaves as it was known. `undefined` where not enough is left.
 */
const plausiblePart = (description: DescribedTask): WireTask | undefined => {
  const { taskArn, clusterArn, lastStatus, desiredStatus, version } = description
  const required = { taskArn, clusterArn, lastStatus, desiredStatus, version }
  const rest = Object.fromEntries(
    Object.entries<unknown>({ ...description }).filter(([key, value]) =>
      describedTask.is({ ...required, [key]: value }),
    ),
  )
  return describedTask.is(rest) ? rest : undefined
}

/**
 * The record of a task that DescribeTasks tells of: as its event would give, and its health besides, which no event
 * tells.
 *
 * A message that claims something implausible is undecodable. An answer of AWS is not thrown away for that: the task
 * is listed, so it exists, and it must neither be ruled out nor hold up its cluster's snapshots. Such fields are left
 * out and reported.
 *
 * @param order orders what is told of its health: that of the snapshot.
 */
export const taskFromDescription = (description: DescribedTask, order: number): TaskReading => {
  const status = healthOf(description.healthStatus)
  const health = status === undefined ? undefined : { at: order, status }
  const at = changedAt(description)
  if (describedTask.is(description)) return { task: taskRecord(description, at, health), errors: [] }
  const result = describedTask.decode(description)
  const part = plausiblePart(description)
  return {
    task: part === undefined ? undefined : taskRecord(part, at, health),
    errors: isLeft(result) ? decodeErrors(result.left, '$') : [],
  }
}
