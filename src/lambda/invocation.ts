import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type DecodeError, decodeErrors, describe, explain } from '../shared/codec/decode-error.js'
import { isObject } from '../shared/codec/json-object.js'
import { arrayOf, nonEmptyString, object, optional } from '../shared/codec/lenient.js'

/** A message of a queue, as Lambda passes it on. */
export interface QueueRecord {
  /** Its identifier in `batchItemFailures`. */
  readonly messageId: string
  readonly body: string
  /** How often it has been received, if known. */
  readonly receives: number | undefined
}

/** The reason for an invocation. */
export type Invocation =
  { readonly _tag: 'Batch'; readonly records: readonly QueueRecord[] } | { readonly _tag: 'Scheduled' }

const attributes = object({}, { ApproximateReceiveCount: optional(t.string) })
const sqsRecord = object(
  { messageId: nonEmptyString, eventSource: t.literal('aws:sqs'), body: t.string },
  { attributes: optional(attributes) },
)
const sqsRecords = arrayOf(sqsRecord)
const sqsBatch = object({ Records: sqsRecords }, {})

/** The `source` of events from a scheduled rule, and from EventBridge Scheduler without custom input. */
const schedulers: readonly unknown[] = ['aws.events', 'aws.scheduler']

const refusal = (errors: readonly DecodeError[], advice: string): Error =>
  new Error(`the function does not support this event: ${advice}\n${explain(errors)}`)

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
    'records must come from an SQS queue. Subscribe a queue to the topic, and let the queue invoke the function',
  )

/**
 * Decodes the invocation: a batch from an SQS queue, either directly (`Records`) or through an EventBridge pipe (a bare
 * array); or a schedule. Throws for anything else, which fails the whole invocation, so that no message is deleted.
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
    'send task events from the rule to a queue, and let the queue invoke the function',
  )
}
