import { batchOf, open } from './aws-envelope.js'
import { type Decoded, decodeOpened, type DecodeOptions } from './ecs-event.js'
import { isObject, type JsonObject } from '../../shared/codec/json-object.js'

export type { DecodeError, Decoded, DecodeOptions } from './ecs-event.js'

export interface DecodedRecord {
  /**
   * The identifier for `batchItemFailures`: the id of the SQS or SNS message, the sequence number of the Kinesis
   * record, or the event's own id if EventBridge invokes the function directly. Empty if there is none; Lambda treats
   * an empty identifier as a failure of the whole batch, so nothing is lost.
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
 * Decodes each record of a Lambda invocation by a queue, a topic or a stream (`Records`), by EventBridge Pipes (a bare
 * array of records or events), or by a rule (one event).
 *
 * A record whose text contains a batch yields one result per event in it, all with the record's id.
 */
export const decodeRecords = (json: unknown, { latest }: DecodeOptions = {}): readonly DecodedRecord[] =>
  (batchOf(json)?.records ?? [json]).flatMap((record) => {
    const id = idOf(record)
    return open(record, '$', 0).map((opened) => ({ id, decoded: decodeOpened(opened, latest) }))
  })
