import { isLeft } from 'fp-ts/lib/Either.js'
import type { Millis } from '../../core/clock.js'
import { sharedHealth } from '../../core/shared-health.js'
import type { Health, Task } from '../../core/task.js'
import { type DecodeError, decodeErrors } from '../../shared/codec/decode-error.js'
import { taskRecord } from './task-record.js'
import { type WireTask, describedTask } from './wire-task.js'

const times = [
  'createdAt',
  'connectivityAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppingAt',
  'executionStoppedAt',
  'stoppedAt',
] as const

/**
 * What is read of a task in a DescribeTasks response, as the SDK gives it: times are `Date`s. The values are unknown,
 * because they are checked when they are read.
 */
export type TaskDescription = Readonly<
  Partial<Record<keyof WireTask | (typeof times)[number] | 'healthStatus', unknown>>
>

const healthOf = (status: unknown): Health | undefined =>
  status === 'HEALTHY' || status === 'UNHEALTHY' || status === 'UNKNOWN' ? status : undefined

/**
 * When the task last changed, as far as the response shows: the latest of its times. It is never later than the actual
 * change, and by ECS's clock. 0 for a task without times.
 */
const changedAt = (description: TaskDescription): Millis => {
  let latest = 0
  for (const field of times) {
    const time = description[field]
    if (time instanceof Date && time.getTime() > latest) latest = time.getTime()
  }
  return latest
}

export interface TaskReading {
  /** `undefined` if the response lacks required fields: plausible ARNs, statuses and version. */
  readonly task: Task | undefined
  /** The errors in the response; almost always empty. */
  readonly errors: readonly DecodeError[]
}

/**
 * The response without implausible fields, as if AWS had not sent them; an observation does not change what it lacks.
 * `undefined` if too little remains.
 */
const plausiblePart = (description: TaskDescription): WireTask | undefined => {
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
 * Converts a task in a DescribeTasks response to the same record as its event, with the health, which events lack.
 *
 * An event with an implausible field is undecodable. A response of AWS is not rejected for that: the task is listed, so
 * it exists, and must neither be ruled out nor block its cluster's snapshots. Such fields are left out and reported.
 *
 * @param order The order of the snapshot, which orders observations of health.
 */
export const taskFromDescription = (description: TaskDescription, order: number): TaskReading => {
  const status = healthOf(description.healthStatus)
  const health = status === undefined ? undefined : sharedHealth(order, status)
  const at = changedAt(description)
  if (describedTask.is(description)) return { task: taskRecord(description, at, health), errors: [] }
  const result = describedTask.decode(description)
  const part = plausiblePart(description)
  return {
    task: part === undefined ? undefined : taskRecord(part, at, health),
    errors: isLeft(result) ? decodeErrors(result.left, '$') : [],
  }
}
