import { type BackendChange, backendChange } from '../core/backend-changes.js'
import { conflictOf } from '../core/conflict.js'
import { sameEndpoint } from '../core/claim.js'
import { type Endpoint, formatAddress } from '../core/desired.js'
import { hostsIn } from '../core/host-in.js'
import { mergeIncomplete } from '../core/merge-incomplete.js'
import { renderEach } from '../core/render-each.js'
import type { Change, Outcome, Owner, Sink } from '../core/sink.js'
import { Slots } from '../shared/async/slots.js'
import { heldRows, swapHeld } from './kit/held-rows.js'

/** Calls under way at most: a worker that starts has a change for every backend. */
const concurrency = 16

/**
 * A sink in three lines: `handle` is called for each backend whose endpoints change, with the newest endpoints only: one
 * call for a backend at a time, and for at most 16 backends. At the start it is called for every backend that has endpoints, with `before`
 * undefined, since nothing is known of earlier runs. Deliveries are acknowledged when it has handled what follows from
 * them.
 *
 * - *It rejects*: the change is reported, and made again with backoff, by then perhaps with newer endpoints.
 * - *Its signal aborts*: the worker stops, or the call has taken longer than `timeoutMs`; the change is made again.
 * - *A backend without endpoints* has an empty `after`, or an undefined one when nothing desires it any more.
 *
 * Not its job: order between backends, retries, deciding what may be removed.
 */
export const onChange = (
  name: string,
  handle: (change: BackendChange, signal: AbortSignal) => Promise<void> | void,
): Sink<readonly Endpoint[]> => {
  const handled = heldRows<readonly Endpoint[]>()
  const slots = new Slots(concurrency)

  const apply = async (
    change: Change<readonly Endpoint[]>,
    owner: Owner,
    signal: AbortSignal,
  ): Promise<Outcome<readonly Endpoint[]>> => {
    const { key } = change
    const conflict = conflictOf(change, handled.rows.get(key))
    if (conflict !== undefined) return conflict
    const before = change._tag === 'Create' ? undefined : change.before.value
    const news = backendChange(key, before, change._tag === 'Delete' ? undefined : change.after)
    if (!(await slots.take(signal))) return { _tag: 'Failed', key, error: new Error('the worker stops') }
    try {
      if (news !== undefined) await handle(news, signal)
      return swapHeld(handled, change, owner)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      return { _tag: 'Failed', key, error }
    } finally {
      slots.release()
    }
  }

  return {
    name,
    local: true,
    adopt: true,
    equals: (a, b) =>
      a.length === b.length &&
      a.every((endpoint, i) => {
        const other = b[i]
        return other !== undefined && sameEndpoint(endpoint, other)
      }),
    ...renderEach<readonly Endpoint[]>((backend, held = []) =>
      mergeIncomplete(backend, { live: backend.endpoints, held, addressOf: formatAddress }),
    ),
    prune: () => undefined,
    emptied: () => [],
    hostsOf: (endpoints) => hostsIn(endpoints.map(formatAddress)),
    read: () => Promise.resolve([...handled.rows.values()]),
    apply: (changes, owner, signal) => Promise.all(changes.map((change) => apply(change, owner, signal))),
  }
}
