import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { type DecodeError, decodeErrors, describe, describeText } from './decode-error.js'
import { isObject, type JsonObject, object, optional } from './lenient.js'
import { taskRecord } from './task-record.js'
import { wireTask } from './wire-task.js'

export { type DecodeError, explain } from './decode-error.js'

export type Decoded =
  /** An ECS task event. */
  | { readonly _tag: 'Event'; readonly event: ClusterEvent }
  /**
   * Well-formed, and not ours: `kind` is `<source>/<detail-type>`, such as `aws.ecs/ECS Service Action`, or
   * `sns/<Type>`.
   */
  | { readonly _tag: 'Ignored'; readonly kind: string }
  /** Not an event at all, or a task event that lacks what every one has. At least one error. */
  | { readonly _tag: 'Undecodable'; readonly errors: readonly DecodeError[] }

/** A Lambda record of a queue that a topic feeds has two around the event; twice that, and nobody meant it. */
const MAX_ENVELOPES = 4

const taskStateChange = object({ detail: wireTask }, { time: optional(t.string) })

const undecodable = (path: string, expected: string, received: string): Decoded => ({
  _tag: 'Undecodable',
  errors: [{ path, expected, received }],
})

/**
 * `updatedAt` tells the milliseconds; `time` is the same cut to seconds. Either may have 0 to 9 fractional digits.
 */
const timeOf = (updatedAt: string | null | undefined, time: string | null | undefined): Millis => {
  const at = Date.parse(updatedAt ?? '')
  return Number.isNaN(at) ? Date.parse(time ?? '') : at
}

const decodeTaskEvent = (json: JsonObject, path: string): Decoded => {
  if (!taskStateChange.is(json)) {
    const result = taskStateChange.decode(json)
    return { _tag: 'Undecodable', errors: isLeft(result) ? decodeErrors(result.left, path) : [] }
  }
  const { detail, time } = json
  const at = timeOf(detail.updatedAt, time)
  return Number.isNaN(at)
    ? undecodable(`${path}.detail.updatedAt`, 'a time, here or in time', describe(detail.updatedAt))
    : { _tag: 'Event', event: { _tag: 'TaskChanged', task: taskRecord(detail, at, undefined) } }
}

const notAnEvent = (json: unknown, path: string): Decoded =>
  undecodable(path, 'an event with source and detail-type', `not an ECS event: ${describe(json)}`)

const decodeText = (text: unknown, path: string, envelopes: number): Decoded => {
  if (typeof text !== 'string') return undecodable(path, 'JSON', describe(text))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own words quote the text, which may hold secrets.
    return undecodable(path, 'JSON', describeText(text))
  }
  return decode(json, path, envelopes)
}

const decodeNotification = (sns: JsonObject, path: string, envelopes: number): Decoded => {
  const type = sns['Type']
  return type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation'
    ? { _tag: 'Ignored', kind: `sns/${type}` }
    : decodeText(sns['Message'], `${path}.Message`, envelopes)
}

const isSnsType = (type: unknown): boolean =>
  type === 'Notification' || type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation'

const decode = (json: unknown, path: string, envelopes: number): Decoded => {
  if (!isObject(json)) return notAnEvent(json, path)
  const source = json['source']
  const type = json['detail-type']
  if (typeof source === 'string' && typeof type === 'string')
    return source === 'aws.ecs' && type === 'ECS Task State Change'
      ? decodeTaskEvent(json, path)
      : { _tag: 'Ignored', kind: `${source}/${type}` }

  if (envelopes === MAX_ENVELOPES)
    return undecodable(path, `an event in at most ${MAX_ENVELOPES} envelopes`, describe(json))
  if (isSnsType(json['Type'])) return decodeNotification(json, path, envelopes + 1)
  if (isObject(json['Sns'])) return decodeNotification(json['Sns'], `${path}.Sns`, envelopes + 1)
  if (json['eventSource'] === 'aws:sqs') return decodeText(json['body'], `${path}.body`, envelopes + 1)

  if (typeof source === 'string') return notAnEvent(json, `${path}.detail-type`)
  if (typeof type === 'string') return notAnEvent(json, `${path}.source`)
  return notAnEvent(json, path)
}

/**
 * Tells what a message is: an ECS task event, another event, or neither. Takes the event as EventBridge sends it, its
 * SNS envelope, a Lambda record of a queue or a topic, and these inside each other. For a whole Lambda event see
 * `decodeRecords`.
 *
 * Never throws. Environment overrides are not read, so neither the event nor an error can show them.
 */
export const decodeEvent = (json: unknown): Decoded => decode(json, '$', 0)

/** `decodeEvent` of a text, such as the body of an SQS message. A text that is not JSON is undecodable. */
export const decodeMessage = (body: string): Decoded => decodeText(body, '$', 0)
