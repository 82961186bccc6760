import type { Change, Outcome, Owner, Row, Sink } from '../../core/sink.js'
import { errorOf } from '../../core/error-of.js'
import { RecentMap } from '../../shared/async/recent-map.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { canonicalText } from '../../shared/codec/json.js'
import { type DeliveredState, stateRendering, unsureState } from './backend-state.js'
import type { DeliveryOptions, DeliveryResult } from './delivery.js'
import { deliveryCursor } from './delivery-cursor.js'
import { stateData, type StateEvent, stateEvent } from './state-event.js'
import { StateSequence } from './state-sequence.js'

export interface DeliverySinkOptions extends DeliveryOptions {
  /** Unique among a worker's sinks. */
  readonly name: string
  /**
   * Delivers events of different backends, and resolves to one result per event, in their order. It should resolve soon
   * after `signal` aborts, with what it has: events that were delivered are then remembered. If it rejects, all events
   * have failed.
   */
  readonly deliver: (events: readonly StateEvent[], signal: AbortSignal) => Promise<readonly DeliveryResult[]>
}

/** As often as the reconciler tries a change that is rejected. */
const refusalsBeforeDead = 3

/** Backends whose last event is kept for another attempt. The event of one beyond these is made anew. */
const mostPending = 10_000

interface Pending {
  readonly text: string
  readonly event: StateEvent
  readonly refusals: number
  readonly isDead: boolean
}

const beforeOf = (change: Change<DeliveredState>): DeliveredState | undefined =>
  change._tag === 'Create' ? undefined : change.before.value

const afterOf = (change: Change<DeliveredState>): DeliveredState | undefined =>
  change._tag === 'Delete' ? undefined : change.after

/** What is remembered while the event of a change is on its way. */
const markOf = (change: Change<DeliveredState>): Change<DeliveredState> => {
  const { key } = change
  const after = unsureState(beforeOf(change), afterOf(change))
  return change._tag === 'Create'
    ? { _tag: 'Create', key, after }
    : { _tag: 'Update', key, before: change.before, after }
}

/** A change whose event is on its way. */
interface Sent {
  readonly change: Change<DeliveredState>
  readonly attempt: Pending
  /** What is remembered of the backend. */
  readonly marked: Row<DeliveredState>
}

/** What is remembered once the receiver certainly has `state`. */
const knownOf = (
  { change: { key }, marked: before }: Sent,
  state: DeliveredState | undefined,
): Change<DeliveredState> =>
  state === undefined ? { _tag: 'Delete', key, before } : { _tag: 'Update', key, before, after: state }

/**
 * A sink whose target is told the whole state of each backend that changes, at least once: a webhook, a bus, a topic.
 * Its target is what it has delivered: its memory, or `cursorPath`.
 *
 * Of each backend, one event at a time is under way. A state that failed is replaced by a newer one, so nothing queues.
 */
export const deliverySink = ({
  name,
  deliver,
  cursorPath,
  deadLetter,
  clock = systemClock,
}: DeliverySinkOptions): Sink<DeliveredState> => {
  const sequence = new StateSequence(clock)
  const cursor = deliveryCursor(cursorPath, sequence)
  const pending = new RecentMap<Pending>(mostPending)

  const pendingOf = (change: Change<DeliveredState>, owner: Owner): Pending => {
    const data = stateData(change.key, afterOf(change))
    const text = canonicalText([owner, data])
    const known = pending.get(change.key)
    // The same event again, so that a receiver that has it already can tell.
    if (known?.text === text) return known
    const event = stateEvent(data, { owner, sequence: sequence.next(), at: clock.now() })
    const made: Pending = { text, event, refusals: 0, isDead: false }
    pending.set(change.key, made)
    return made
  }

  const refused = async (
    key: string,
    before: Pending,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> => {
    const refusals = before.refusals + 1
    const isDue = deadLetter !== undefined && !before.isDead && refusals >= refusalsBeforeDead
    pending.set(key, { ...before, refusals })
    if (!isDue) return
    await deadLetter({ event: before.event, reason }, signal)
    pending.set(key, { ...before, refusals, isDead: true })
  }

  /** Gives the event a dead letter if it is time. Returns why the change is rejected. */
  const rejection = async (
    { change, attempt }: Sent,
    reason: string,
    signal: AbortSignal,
  ): Promise<string> => {
    try {
      await refused(change.key, attempt, reason, signal)
      return reason
    } catch (thrown) {
      return `${reason}; its dead letter failed, too (${errorOf(thrown).message})`
    }
  }

  const send = async (sent: readonly Sent[], signal: AbortSignal): Promise<readonly DeliveryResult[]> => {
    try {
      return await deliver(
        sent.map(({ attempt }) => attempt.event),
        signal,
      )
    } catch (thrown) {
      const error = errorOf(thrown)
      return sent.map(() => ({ _tag: 'Failed', error }))
    }
  }

  const apply = async (
    changes: readonly Change<DeliveredState>[],
    owner: Owner,
    signal: AbortSignal,
  ): Promise<readonly Outcome<DeliveredState>[]> => {
    const attempts = new Map(
      changes.map((change) => [change.key, { change, attempt: pendingOf(change, owner) }]),
    )
    // First, so that a worker that is killed knows what may have arrived, and which sequences are used. It also refuses
    // what was planned against another record, and a cursor of another owner.
    const marks = await cursor.apply(changes.map(markOf), owner, signal)
    const outcomes: Outcome<DeliveredState>[] = []
    const sent: Sent[] = []
    for (const mark of marks) {
      const made = attempts.get(mark.key)
      if (mark._tag !== 'Done') outcomes.push(mark)
      else if (made !== undefined && mark.row !== undefined) sent.push({ ...made, marked: mark.row })
    }
    if (sent.length === 0) return outcomes

    const results = await send(sent, signal)
    const known: Change<DeliveredState>[] = []
    const delivered = new Set<string>()
    for (const [i, one] of sent.entries()) {
      const { key } = one.change
      const result = results[i] ?? { _tag: 'Failed', error: new Error('it has no result') }
      switch (result._tag) {
        case 'Delivered':
          delivered.add(key)
          known.push(knownOf(one, afterOf(one.change)))
          break
        case 'Refused':
          known.push(knownOf(one, beforeOf(one.change)))
          outcomes.push({ _tag: 'Rejected', key, reason: await rejection(one, result.reason, signal) })
          break
        case 'Behind':
          pending.delete(key)
          outcomes.push({ _tag: 'Failed', key, error: result.error })
          break
        case 'Failed':
          outcomes.push({ _tag: 'Failed', key, error: result.error })
          break
      }
    }
    if (known.length === 0) return outcomes
    // Even after an abort: what was delivered need not be delivered again.
    for (const outcome of await cursor.apply(known, owner, new AbortController().signal)) {
      if (!delivered.has(outcome.key)) continue
      if (outcome._tag === 'Done') pending.delete(outcome.key)
      outcomes.push(outcome)
    }
    return outcomes
  }

  return { name, adopt: true, ...stateRendering, read: (signal) => cursor.read(signal), apply }
}
