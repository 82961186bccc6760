import type { Notice } from '../core/source.js'
import { type Decoded, explain } from '../sources/ecs-events/ecs-event.js'
import type { QueueRecord } from './invocation.js'
import type { RecordedEvent } from './session.js'

/** What a batch's records say. */
export interface Reading {
  readonly events: readonly RecordedEvent[]
  /** Ids of the records that are no events. */
  readonly undecodable: readonly string[]
  readonly notices: readonly Notice[]
}

/** A decoder of one's own may throw; that is one record's trouble. */
const decoded = (body: string, decode: (body: string) => Decoded): Decoded => {
  try {
    return decode(body)
  } catch (error) {
    const errors = [{ path: '$', expected: 'what the decoder takes', received: String(error) }]
    return { _tag: 'Undecodable', errors }
  }
}

/**
 * Decodes each record, as the source `sqs` does: what is no event is reported and left to the queue; an event of a
 * kind that is not ours needs nothing more, and is counted.
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
