/** A sink of another project: each change is posted as JSON, at least once. */
import { type Change, formatAddress, type Outcome, type Owner, renderEach, type Sink } from 'ecs-task-stream'
import {
  compareAndSwap,
  conflictOf,
  heldRows,
  hostsIn,
  mergeIncomplete,
  swapHeld,
} from 'ecs-task-stream/sinks/kit'

/** `10.0.0.1:80`, ordered. */
export type Servers = readonly string[]

/** The body of a request; `servers` is `null` for a backend that no longer exists. */
export interface Posted {
  readonly backend: string
  readonly servers: Servers | null
}

/**
 * The sink remembers what was posted, so a start posts everything once more: a receiver keeps the last of each
 * backend. A request without an answer is made again, too.
 */
export const webhook = ({ url }: { readonly url: string }): Sink<Servers> => {
  const posted = heldRows<Servers>()

  const post = async (
    change: Change<Servers>,
    owner: Owner,
    signal: AbortSignal,
  ): Promise<Outcome<Servers>> => {
    const { key } = change
    const conflict = conflictOf(change, posted.rows.get(key))
    if (conflict !== undefined) return conflict
    const body: Posted = { backend: key, servers: change._tag === 'Delete' ? null : change.after }
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal })
    await answer.arrayBuffer()
    if (answer.status === 422) return { _tag: 'Rejected', key, reason: `${url} takes no backend "${key}"` }
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
    return swapHeld(posted, change, owner)
  }

  return {
    name: 'webhook',
    adopt: true,
    equals: (a, b) => a.join() === b.join(),
    ...renderEach<Servers>((backend, held = []) =>
      mergeIncomplete(backend, {
        live: backend.endpoints.map(formatAddress),
        held,
        addressOf: (server) => server,
      }).toSorted(),
    ),
    prune: () => undefined,
    hostsOf: hostsIn,
    read: () => Promise.resolve([...posted.rows.values()]),
    apply: compareAndSwap(post, { concurrency: 4 }),
  }
}
