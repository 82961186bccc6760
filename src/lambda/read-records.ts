import type { Notice } from '../core/source.js'
import { type Decoded, explain } from '../sources/ecs-events/ecs-event.js'
import type { QueueRecord } from './invocation.js'
import type { RecordedEvent } from './session.js'

/** The decoded records of a batch. */
export interface Reading {
  readonly events: readonly RecordedEvent[]
  /** Ids of records that are not events. */
  readonly undecodable: readonly string[]
  readonly notices: readonly Notice[]
}

/** A custom decoder may throw; that must affect only one record. */
const decoded = (body: string, decode: (body: string) => Decoded): Decoded => {
  try {
    return decode(body)
  } catch (error) {
    const errors = [{ path: '$', expected: 'what the decoder takes', received: String(error) }]
    return { _tag: 'Undecodable', errors }
  }
}

/**
 * Decodes each record, like the source `sqs`: records that are not events are reported and left in the queue; events of
 * unsupported kinds are counted, and need nothing else.
 */
export const readRecords = (records: readonly QueueRecord[], decode: (body: string) => Decoded): Reading => {
  const events: RecordedEvent[] = []
  const undecodable: string[] = []
  const notices: Notice[] = []
  const ignored = new Map<string, number>()
  for (const { messageId, body, receives } of records) {
    const reading = decoded(body, decode)
    switch (reading._tag) {
      case 'Event':
        events.push({ messageId, event: reading.event })
        break
      case 'Ignored':
        ignored.set(reading.kind, (ignored.get(reading.kind) ?? 0) + 1)
        break
      case 'Undecodable':
        undecodable.push(messageId)
        notices.push({ _tag: 'Undecodable', id: messageId, reason: explain(reading.errors), receives })
    }
  }
  for (const [kind, count] of ignored) notices.push({ _tag: 'Ignored', kind, count })
  return { events, undecodable, notices }
}
