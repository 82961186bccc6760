import { batchOf, open } from './aws-envelope.js'
import { type Decoded, decodeOpened, type DecodeOptions } from './ecs-event.js'
import { isObject, type JsonObject } from '../../shared/codec/lenient.js'

export interface DecodedRecord {
  /**
   * What `batchItemFailures` names the record by: the SQS or SNS message's id or the Kinesis record's sequence number,
   * or the event's own id where EventBridge invokes the function directly. Empty where there is none: Lambda takes that
   * in `batchItemFailures` for a failure of the whole batch, so nothing is lost by it.
   */
  readonly id: string
  readonly decoded: Decoded
}

const field = (json: JsonObject, outer: string, inner: string): unknown => {
  const value = json[outer]
  return isObject(value) ? value[inner] : undefined
}

const idOf = (record: unknown): string => {
  if (!isObject(record)) return ''
  const ids = [
    record['messageId'],
    field(record, 'Sns', 'MessageId'),
    field(record, 'kinesis', 'sequenceNumber'),
    record['sequenceNumber'],
    record['id'],
  ]
  return ids.find((id) => typeof id === 'string') ?? ''
}

/**
 * Decodes each record of what a Lambda function is invoked with: by a queue, a topic or a stream (`Records`); by
 * EventBridge Pipes (a bare array, of records or of events); or by a rule (one event).
 *
 * A record whose text holds a batch itself gives one result for each event in it, all with the record's id.
 */
export const decodeRecords = (json: unknown, { latest }: DecodeOptions = {}): readonly DecodedRecord[] =>
  (batchOf(json)?.records ?? [json]).flatMap((record) => {
    const id = idOf(record)
    return open(record, '$', 0).map((opened) => ({ id, decoded: decodeOpened(opened, latest) }))
  })
