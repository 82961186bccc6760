/** Events as entries of PutEvents, and the calls that they make. Pure. */
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { canonicalText } from '../../shared/codec/json.js'
import type { StateData, StateEvent } from '../kit/state-event.js'

/** The `detail-type` of every event. */
export const backendStateDetailType = 'Backend State'

/** The `detail` of an event. EventBridge gives each a time and an id of its own, which differ between attempts. */
export type BackendStateDetail = {
  readonly id: string
  readonly sequence: string
  readonly owner: string
} & StateData

export interface EntryOptions {
  readonly eventBusName: string
  readonly source: string
}

export const entryOf = (
  { id, sequence, time, owner, data }: StateEvent,
  { eventBusName, source }: EntryOptions,
): PutEventsRequestEntry => {
  const detail: BackendStateDetail = { id, sequence, owner, ...data }
  return {
    EventBusName: eventBusName,
    Source: source,
    DetailType: backendStateDetailType,
    Time: new Date(time),
    Detail: canonicalText(detail),
  }
}

/**
 * `entries`: the most that EventBridge takes in one call. `entryBytes`: an entry must be smaller. `callBytes`: what this
 * sink puts into a call of several entries; regions where the limit is still 256 KB take that, too.
 */
export const limits = { entries: 10, entryBytes: 1024 * 1024, callBytes: 255 * 1024 }

const bytesOf = (text: string | undefined): number => Buffer.byteLength(text ?? '')

/** As EventBridge counts: 14 bytes for the time, and the texts as UTF-8. */
export const sizeOf = ({ Source, DetailType, Detail }: PutEventsRequestEntry): number =>
  14 + bytesOf(Source) + bytesOf(DetailType) + bytesOf(Detail)

/** The entries in order, in as few calls as the limits allow without reordering. A large entry has a call of its own. */
export const callsOf = <A extends { readonly size: number }>(
  entries: readonly A[],
): readonly (readonly A[])[] => {
  const calls: A[][] = []
  let bytes = 0
  for (const entry of entries) {
    const last = calls.at(-1)
    if (last !== undefined && last.length < limits.entries && bytes + entry.size <= limits.callBytes) {
      last.push(entry)
      bytes += entry.size
    } else {
      calls.push([entry])
      bytes = entry.size
    }
  }
  return calls
}
