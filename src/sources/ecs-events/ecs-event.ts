import { isLeft } from 'fp-ts/lib/Either.js'
import type { Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { type Opened, openAll, openMessage, undecodable } from './aws-envelope.js'
import { type DecodeError, decodeErrors, describe } from '../../shared/codec/decode-error.js'
import { believedTime, earliest, farAheadMs } from './event-time.js'
import { type JsonObject, object, optional } from '../../shared/codec/lenient.js'
import { taskRecord } from './task-record.js'
import { timestamp, wireTask } from './wire-task.js'

export { type DecodeError, explain } from '../../shared/codec/decode-error.js'

export type Decoded =
  /** An ECS task event. */
  | { readonly _tag: 'Event'; readonly event: ClusterEvent }
  /**
   * Well-formed, and not ours: `kind` is `<source>/<detail-type>`, such as `aws.ecs/ECS Service Action`, or
   * `sns/<Type>`.
   */
  | { readonly _tag: 'Ignored'; readonly kind: string }
  /** Not an event at all, or a task event that lacks what every one has or claims what cannot be. At least one error. */
  | { readonly _tag: 'Undecodable'; readonly errors: readonly DecodeError[] }

export interface DecodeOptions {
  /**
   * The latest time that any trusted clock has told, in milliseconds since the epoch: an event that is more than 7 days
   * later is undecodable, and one that is more than 5 minutes later counts as 5 minutes later. Default: the machine's
   * time.
   */
  readonly latest?: Millis
}

const taskStateChange = object({ detail: wireTask }, { time: optional(timestamp) })

const textOf = (at: Millis): string => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? 'any later time' : date.toISOString()
}

const isBelieved = (told: string | null | undefined, at: Millis | undefined): boolean =>
  at !== undefined || told === undefined || told === null

const unbelievable = (
  told: string | null | undefined,
  at: Millis | undefined,
  path: string,
  latest: Millis,
): readonly DecodeError[] =>
  isBelieved(told, at)
    ? []
    : [
        {
          path,
          expected: `a time from ${textOf(earliest)} to ${textOf(latest + farAheadMs)}`,
          received: describe(told),
        },
      ]

/** As in every event of AWS's: `time` need not be read then. */
const isSameSecond = (updatedAt: string | null | undefined, time: string | null | undefined): boolean =>
  typeof time === 'string' && time.length === 20 && updatedAt?.startsWith(time.slice(0, 19)) === true

const timeOf = (told: string | null | undefined, latest: Millis): Millis | undefined =>
  told === undefined || told === null ? undefined : believedTime(Date.parse(told), latest)

const decodeTaskEvent = (json: JsonObject, path: string, latest: Millis): Decoded => {
  if (!taskStateChange.is(json)) {
    const result = taskStateChange.decode(json)
    return { _tag: 'Undecodable', errors: isLeft(result) ? decodeErrors(result.left, path) : [] }
  }
  const { detail, time } = json
  const { updatedAt } = detail
  // `updatedAt` tells the milliseconds; `time` is the same cut to seconds, and all that some old events have. One that
  // is there and cannot be believed is an error, even if the other could take its place.
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

/** What is in an opened envelope. */
export const decodeOpened = (opened: Opened, latest: Millis = systemClock.now()): Decoded => {
  if (opened._tag !== 'Content') return opened
  const { json, path, source, detailType } = opened
  return source === 'aws.ecs' && detailType === 'ECS Task State Change'
    ? decodeTaskEvent(json, path, latest)
    : { _tag: 'Ignored', kind: `${source}/${detailType}` }
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
 * Tells what a message is: an ECS task event, another event, or neither. Takes the event as EventBridge sends it; its
 * SNS envelope; a record of SQS, SNS or Kinesis as Lambda and EventBridge Pipes give it; and these inside each other.
 * Takes a batch (an array, or `Records`) of one record. For a whole Lambda event see `decodeRecords`.
 *
 * What a task event claims must be plausible: docs/limits.md. Never throws, and takes time in proportion to the
 * message's size. Environment overrides are not read, so neither the event nor an error can show them.
 */
export const decodeEvent = (json: unknown, options: DecodeOptions = {}): Decoded =>
  decodeOne(openAll(json, '$'), options)

/** `decodeEvent` of a text, such as the body of an SQS message. A text that is not JSON is undecodable. */
export const decodeMessage = (body: string, options: DecodeOptions = {}): Decoded =>
  decodeOne(openMessage(body), options)
