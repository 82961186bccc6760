import { createHash } from 'node:crypto'
import type { Millis } from '../../core/clock.js'
import type { Owner } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'
import type { BackendState } from './backend-state.js'
import { sequenceText } from './state-sequence.js'

/** What a receiver learns of a backend: all of it, whatever it was sent before. */
export type StateData = {
  readonly backend: string
  /** False if nothing desires the backend any more: forget it. Then it has no endpoints. */
  readonly exists: boolean
} & BackendState

/** The news of one backend. All attempts to deliver it are the same event. */
export interface StateEvent {
  /**
   * Unique among the events of an owner, and the same at each attempt: a receiver that has seen it may ignore it. ASCII
   * letters, digits and `-`.
   */
  readonly id: string
  /**
   * 16 digits, compared as text. Of two events of one backend and owner, the one with the greater sequence is newer: a
   * receiver ignores events whose sequence is not greater than that of the last one it used.
   */
  readonly sequence: string
  /** When the event was made, by the worker's clock: ISO 8601, UTC. */
  readonly time: string
  /** The worker's owner. */
  readonly owner: Owner
  readonly data: StateData
}

/** The data of a state; `undefined` for a backend that is gone. */
export const stateData = (backend: string, state: BackendState | undefined): StateData =>
  state === undefined
    ? { backend, exists: false, complete: true, endpoints: [] }
    : { backend, exists: true, complete: state.complete, endpoints: state.endpoints }

/** The last moment that a Date can represent. */
const lastDate = 8_640_000_000_000_000

export const stateEvent = (
  data: StateData,
  { owner, sequence, at }: { readonly owner: Owner; readonly sequence: number; readonly at: Millis },
): StateEvent => {
  const number = sequenceText(sequence)
  // The sequence alone tells the events of a process apart. The hash tells those of two workers with one owner apart.
  const content = createHash('sha256').update(canonicalText(data)).digest('hex').slice(0, 24)
  return {
    id: `${number}-${content}`,
    sequence: number,
    time: new Date(Math.min(Math.max(0, at), lastDate)).toISOString(),
    owner,
    data,
  }
}
