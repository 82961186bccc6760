import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type DecodeError, decodeErrors, describe, explain } from '../shared/codec/decode-error.js'
import { arrayOf, isObject, nonEmptyString, object, optional } from '../shared/codec/lenient.js'

/** A message of a queue, as Lambda hands it on. */
export interface QueueRecord {
  /** What `batchItemFailures` names it by. */
  readonly messageId: string
  readonly body: string
  /** How often it has been received, where that is known. */
  readonly receives: number | undefined
}

/** What the function is invoked for. */
export type Invocation =
  { readonly _tag: 'Batch'; readonly records: readonly QueueRecord[] } | { readonly _tag: 'Scheduled' }

const attributes = object({}, { ApproximateReceiveCount: optional(t.string) })
const sqsRecord = object(
  { messageId: nonEmptyString, eventSource: t.literal('aws:sqs'), body: t.string },
  { attributes: optional(attributes) },
)
const sqsRecords = arrayOf(sqsRecord)
const sqsBatch = object({ Records: sqsRecords }, {})

/** A rule with a schedule, and EventBridge Scheduler without an input of its own. */
const schedulers: readonly unknown[] = ['aws.events', 'aws.scheduler']

const refusal = (errors: readonly DecodeError[], advice: string): Error =>
  new Error(`the function was invoked with what it does not understand: ${advice}\n${explain(errors)}`)

const receivesOf = (counted: string | null | undefined): number | undefined => {
  const receives = Number(counted ?? Number.NaN)
  return Number.isSafeInteger(receives) ? receives : undefined
}

const batch = (records: t.TypeOf<typeof sqsRecords>): Invocation => ({
  _tag: 'Batch',
  records: records.map(({ messageId, body, attributes }) => ({
    messageId,
    body,
    receives: receivesOf(attributes?.ApproximateReceiveCount),
  })),
})

const notOfQueue = (errors: t.Errors): Error =>
  refusal(
    decodeErrors(errors, '$'),
    'records must come from an SQS queue. A topic is subscribed by a queue, and the queue invokes the function',
  )

/**
 * Tells what the function is invoked for: a batch of an SQS queue, from the queue itself (`Records`) or through an
 * EventBridge pipe (a bare array); or a schedule. Throws for anything else, which fails the whole invocation: of a
 * batch nothing is deleted then.
 */
export const invocationOf = (json: unknown): Invocation => {
  if (Array.isArray(json)) {
    const decoded = sqsRecords.decode(json)
    if (isLeft(decoded)) throw notOfQueue(decoded.left)
    return batch(decoded.right)
  }
  if (isObject(json) && json['Records'] !== undefined) {
    const decoded = sqsBatch.decode(json)
    if (isLeft(decoded)) throw notOfQueue(decoded.left)
    return batch(decoded.right.Records)
  }
  if (isObject(json) && json['detail-type'] === 'Scheduled Event' && schedulers.includes(json['source']))
    return { _tag: 'Scheduled' }
  throw refusal(
    [{ path: '$', expected: "an SQS queue's Records, or a Scheduled Event", received: describe(json) }],
    'a rule for task events sends them to a queue, and the queue invokes the function',
  )
}
