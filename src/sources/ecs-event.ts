import * as t from 'io-ts'
import type { ClusterEvent } from '../core/event.js'
import { isObject, object, optional } from './lenient.js'
import { taskRecord } from './task-record.js'
import { wireTask } from './wire-task.js'
const taskStateChange = object(
  { detail: wireTask },
  { time: optional(t.string) },
)
export const is = taskStateChange.is
export const decode = (json: unknown): ClusterEvent | undefined => {
  if (!isObject(json) || !taskStateChange.is(json)) return undefined
  return { _tag: 'TaskChanged', task: taskRecord(json.detail, Date.parse(json.detail.updatedAt ?? ''), undefined) }
}
