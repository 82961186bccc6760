import { type Decoded, decodeEvent } from './ecs-event.js'
import { isObject } from './lenient.js'

export interface DecodedRecord {
  /**
   * The SQS or SNS message's id, or the event's own where EventBridge invokes the function directly. Empty where
   * there is none: Lambda takes that in `batchItemFailures` for a failure of the whole batch, so nothing is lost by
   * it.
   */
  readonly id: string
  readonly decoded: Decoded
}

const idOf = (record: unknown): string => {
  if (!isObject(record)) return ''
  const sns = record['Sns']
  const ids = [record['messageId'], isObject(sns) ? sns['MessageId'] : undefined, record['id']]
  return ids.find((id) => typeof id === 'string') ?? ''
}

/**
 * Decodes each record of what a Lambda function is invoked with: by a queue, by a topic, or, with one event, by a
 * rule.
 */
export const decodeRecords = (json: unknown): readonly DecodedRecord[] => {
  const records: unknown = isObject(json) ? json['Records'] : undefined
  return (Array.isArray(records) ? records : [json]).map((record: unknown) => ({
    id: idOf(record),
    decoded: decodeEvent(record),
  }))
}
