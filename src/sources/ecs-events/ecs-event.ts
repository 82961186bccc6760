import { isLeft } from 'fp-ts/lib/Either.js'
import type { Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { type Opened, openAll, openMessage, undecodable } from './aws-envelope.js'
import { type DecodeError, decodeErrors, describe } from '../../shared/codec/decode-error.js'
import { believedTime, earliest, farAheadMs } from './event-time.js'
import { type JsonObject } from '../../shared/codec/json-object.js'
import { object, optional } from '../../shared/codec/lenient.js'
import { taskRecord } from './task-record.js'
import { deploymentEvents, serviceIn, wireDeployment } from './wire-deployment.js'
import { timestamp, wireTask } from './wire-task.js'

export type { Opened } from './aws-envelope.js'
export type { JsonObject } from '../../shared/codec/json-object.js'

export { type DecodeError, explain } from '../../shared/codec/decode-error.js'

export type Decoded =
  /** An ECS event about a task, or about the deployments of a service. */
  | { readonly _tag: 'Event'; readonly event: ClusterEvent }
  /**
   * A well-formed event of an unsupported kind: `kind` is `<source>/<detail-type>`, such as `aws.ecs/ECS Service
   * Action`, or `sns/<Type>`.
   */
  | { readonly _tag: 'Ignored'; readonly kind: string }
  /** Not an event, or a task event with missing or implausible fields. Has at least one error. */
  | { readonly _tag: 'Undecodable'; readonly errors: readonly DecodeError[] }

export interface DecodeOptions {
  /**
   * The latest time of any trusted clock, in milliseconds since the epoch. An event more than 7 days later is
   * undecodable; one more than 5 minutes later counts as 5 minutes later. Default: the machine's time.
   */
  readonly latest?: Millis
}

const taskStateChange = object({ detail: wireTask }, { time: optional(timestamp) })

const textOf = (at: Millis): string => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? 'any later time' : date.toISOString()
}

const isBelieved = (text: string | null | undefined, at: Millis | undefined): boolean =>
  at !== undefined || text === undefined || text === null

const unbelievable = (
  text: string | null | undefined,
  at: Millis | undefined,
  path: string,
  latest: Millis,
): readonly DecodeError[] =>
  isBelieved(text, at)
    ? []
    : [
        {
          path,
          expected: `a time from ${textOf(earliest)} to ${textOf(latest + farAheadMs)}`,
          received: describe(text),
        },
      ]

/** True for every event from AWS; `time` need not be parsed then. */
const isSameSecond = (updatedAt: string | null | undefined, time: string | null | undefined): boolean =>
  typeof time === 'string' && time.length === 20 && updatedAt?.startsWith(time.slice(0, 19)) === true

const timeOf = (text: string | null | undefined, latest: Millis): Millis | undefined =>
  text === undefined || text === null ? undefined : believedTime(Date.parse(text), latest)

const decodeTaskEvent = (json: JsonObject, path: string, latest: Millis): Decoded => {
  if (!taskStateChange.is(json)) {
    const result = taskStateChange.decode(json)
    return { _tag: 'Undecodable', errors: isLeft(result) ? decodeErrors(result.left, path) : [] }
  }
  const { detail, time } = json
  const { updatedAt } = detail
  // `updatedAt` has milliseconds; `time` is the same truncated to seconds, and the only one in some old events. An
  // implausible value of either is an error, even if the other is valid.
  const changed = timeOf(updatedAt, latest)
  const sent = isSameSecond(updatedAt, time) ? changed : timeOf(time, latest)
  if (isBelieved(updatedAt, changed) && isBelieved(time, sent)) {
    const at = changed ?? sent
    return at === undefined
      ? undecodable(`${path}.detail.updatedAt`, 'a time, here or in time', describe(updatedAt))
      : { _tag: 'Event', event: { _tag: 'TaskChanged', task: taskRecord(detail, at, undefined) } }
  }
  const errors = [
    ...unbelievable(updatedAt, changed, `${path}.detail.updatedAt`, latest),
    ...unbelievable(time, sent, `${path}.time`, latest),
  ]
  return { _tag: 'Undecodable', errors }
}

/** Decodes the content of an opened envelope. */
export const decodeOpened = (opened: Opened, latest: Millis = systemClock.now()): Decoded => {
  if (opened._tag !== 'Content') return opened
  const { json, path, source, detailType } = opened
  if (source === 'aws.ecs' && detailType === 'ECS Task State Change')
    return decodeTaskEvent(json, path, latest)
  const kind = `${source}/${detailType}`
  if (source !== 'aws.ecs') return { _tag: 'Ignored', kind }
  return deploymentEvents.has(detailType)
    ? decodeDeploymentEvent(json, path, latest, kind)
    : { _tag: 'Ignored', kind }
}

const decodeDeploymentEvent = (json: JsonObject, path: string, latest: Millis, kind: string): Decoded => {
  if (!wireDeployment.is(json)) {
    const result = wireDeployment.decode(json)
    return { _tag: 'Undecodable', errors: isLeft(result) ? decodeErrors(result.left, path) : [] }
  }
  const { updatedAt, serviceArn } = json.detail
  const at = timeOf(updatedAt, latest)
  if (at === undefined)
    return {
      _tag: 'Undecodable',
      errors: unbelievable(updatedAt, at, `${path}.detail.updatedAt`, latest),
    }
  const service = serviceIn(serviceArn, json.resources)
  return service === undefined
    ? { _tag: 'Ignored', kind }
    : { _tag: 'Event', event: { _tag: 'DeploymentAnnounced', service, at } }
}

const decodeOne = (all: readonly Opened[], { latest }: DecodeOptions): Decoded => {
  const [first] = all
  return first !== undefined && all.length === 1
    ? decodeOpened(first, latest)
    : undecodable(
        '$',
        'one event (decodeRecords takes a batch)',
        `not an ECS event: a batch of ${all.length}`,
      )
}

/**
 * Decodes a message: an ECS task event, another event, or neither. Accepts raw EventBridge events; SNS envelopes;
 * records of SQS, SNS or Kinesis as sent to Lambda or by EventBridge Pipes; and nested combinations. Accepts a batch
 * (an array, or `Records`) of one record; for a whole Lambda event, see `decodeRecords`.
 *
 * The fields of a task event must be plausible: see docs/limits.md. Never throws, and takes time proportional to the
 * size of the message. Environment overrides are not read, so neither events nor errors contain them.
 */
export const decodeEvent = (json: unknown, options: DecodeOptions = {}): Decoded =>
  decodeOne(openAll(json, '$'), options)

/** `decodeEvent` for a text, such as the body of an SQS message. A text that is not JSON is undecodable. */
export const decodeMessage = (body: string, options: DecodeOptions = {}): Decoded =>
  decodeOne(openMessage(body), options)
