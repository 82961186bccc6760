import type { Clock } from '../../core/clock.js'
import { conflictOf } from '../../core/conflict.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'
import { RecentMap } from '../../shared/async/recent-map.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { canonicalText } from '../../shared/codec/json.js'
import { hasLoneSurrogate } from '../../shared/codec/lone-surrogate.js'
import { type BackendState, stateRendering } from './backend-state.js'
import { deliveryCursor } from './delivery-cursor.js'
import { type StateData, stateData, type StateEvent, stateEvent } from './state-event.js'
import { StateSequence } from './state-sequence.js'

/** What became of one event. */
export type DeliveryResult =
  | { readonly _tag: 'Delivered' }
  /** It may have arrived or not; the same event is sent again, unless there is news by then. */
  | { readonly _tag: 'Failed'; readonly error: Error }
  /** The receiver has an event with a greater sequence. The state is sent again as a new event. */
  | { readonly _tag: 'Behind'; readonly error: Error }
  /** A retry would not help. The reason says what to do. */
  | { readonly _tag: 'Refused'; readonly reason: string }

/** An event that its receiver refuses. */
export interface DeadLetter {
  readonly event: StateEvent
  /** Why, and what to do. */
  readonly reason: string
}

export interface DeliveryOptions {
  /**
   * A file that remembers what was delivered, so that a restart delivers only what has changed since, and the removal of
   * backends that are gone since. Its directory must exist and be writable. The worker owns the whole file. Default: no
   * file; each start delivers every backend once more.
   */
  readonly cursorPath?: string | undefined
  /**
   * Called once for each event that was refused three times, after which the worker gives it up until it reads its
   * cursor again or the backend changes. If it rejects, it is called again at the next refusal. Default: a refused event
   * is only reported.
   */
  readonly deadLetter?: ((letter: DeadLetter, signal: AbortSignal) => Promise<void> | void) | undefined
  readonly clock?: Clock | undefined
}

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

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

const dataOf = (change: Change<BackendState>): StateData =>
  stateData(change.key, change._tag === 'Delete' ? undefined : change.after)

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
}: DeliverySinkOptions): Sink<BackendState> => {
  const sequence = new StateSequence(clock)
  const cursor = deliveryCursor(cursorPath, sequence)
  const pending = new RecentMap<Pending>(mostPending)

  const pendingOf = (change: Change<BackendState>, owner: Owner): Pending => {
    const data = dataOf(change)
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

  /** The outcome of a change that was not delivered; `undefined` for one that was. */
  const failure = async (
    key: string,
    attempt: Pending,
    result: DeliveryResult,
    signal: AbortSignal,
  ): Promise<Outcome<BackendState> | undefined> => {
    switch (result._tag) {
      case 'Delivered':
        return undefined
      case 'Failed':
        return { _tag: 'Failed', key, error: result.error }
      case 'Behind':
        pending.delete(key)
        return { _tag: 'Failed', key, error: result.error }
      case 'Refused': {
        const { reason } = result
        try {
          await refused(key, attempt, reason, signal)
        } catch (thrown) {
          return {
            _tag: 'Rejected',
            key,
            reason: `${reason}; its dead letter failed, too (${errorOf(thrown).message})`,
          }
        }
        return { _tag: 'Rejected', key, reason }
      }
    }
  }

  const sent = async (
    changes: readonly Change<BackendState>[],
    owner: Owner,
    signal: AbortSignal,
  ): Promise<readonly Outcome<BackendState>[]> => {
    const attempts = changes.map((change) => pendingOf(change, owner))
    const events = attempts.map(({ event }) => event)
    const results = await deliver(events, signal).catch((thrown: unknown) =>
      events.map((): DeliveryResult => ({ _tag: 'Failed', error: errorOf(thrown) })),
    )
    const delivered: Change<BackendState>[] = []
    const outcomes: Outcome<BackendState>[] = []
    for (const [i, change] of changes.entries()) {
      const attempt = attempts[i]
      const result = results[i] ?? { _tag: 'Failed', error: new Error('it has no result') }
      const outcome = attempt && (await failure(change.key, attempt, result, signal))
      if (outcome === undefined) delivered.push(change)
      else outcomes.push(outcome)
    }
    if (delivered.length === 0) return outcomes
    // Even after an abort: what was delivered need not be delivered again.
    const kept = await cursor.apply(delivered, owner, new AbortController().signal)
    for (const outcome of kept) if (outcome._tag === 'Done') pending.delete(outcome.key)
    return [...outcomes, ...kept]
  }

  return {
    name,
    adopt: true,
    ...stateRendering,
    read: (signal) => cursor.read(signal),
    apply: async (changes, owner, signal) => {
      // The cursor of another owner is refused before anything is sent.
      await cursor.apply([], owner, signal)
      const held = new Map((await cursor.read(signal)).map((row) => [row.key, row]))
      const outcomes: Outcome<BackendState>[] = []
      const ready: Change<BackendState>[] = []
      for (const change of changes) {
        const conflict = conflictOf(change, held.get(change.key))
        if (conflict !== undefined) outcomes.push(conflict)
        else if (hasLoneSurrogate(dataOf(change)))
          outcomes.push({
            _tag: 'Rejected',
            key: change.key,
            reason: `${JSON.stringify(change.key)} has a lone surrogate in its name or a label, which is not valid Unicode: correct it`,
          })
        else ready.push(change)
      }
      return [...outcomes, ...(ready.length === 0 ? [] : await sent(ready, owner, signal))]
    },
  }
}
