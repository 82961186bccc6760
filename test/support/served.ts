import {
  type Backend,
  type Desired,
  type Outcome,
  PersistentMap,
  plan,
  type Sink,
  type Unresolved,
} from 'ecs-task-stream'
import type { DocumentListener } from '../../src/sinks/document/document-listener.js'
import { type Listening, listening } from './followed.js'
import { countedWrites } from './counted-writes.js'

/** Everything that is desired is known, or not, and this is what. */
export const desiredOf = (
  backends: PersistentMap<Backend> = PersistentMap.empty(),
  complete = true,
): Desired => ({
  revision: 1,
  backends,
  complete,
  awaited: complete ? [] : ['staging'],
  unjudged: new Set(),
  readings: new Map(),
  unresolved: PersistentMap.empty<Unresolved>(),
})

export interface Served<S> extends Listening {
  readonly sink: S
  /** What a poller gets; rejects unless that is a document. */
  readonly text: () => Promise<string>
  readonly json: () => Promise<unknown>
  /** How many records the sink has written, as it says itself. */
  readonly writes: () => number
}

/** A sink behind a real HTTP server. `open`: everything that is desired is known already, and nothing is. */
export const served = async <V, S extends Sink<V> & { readonly listener: DocumentListener }>(
  sink: S & Sink<V>,
  { open = true }: { readonly open?: boolean } = {},
): Promise<Served<S>> => {
  const server = await listening(sink.listener)
  const { sink: counting, writes } = countedWrites<V, S>(sink)
  if (open) sink.synced?.(desiredOf())
  const text = async (): Promise<string> => {
    const answer = await fetch(server.url)
    const body = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status}: ${body}`)
    return body
  }
  return {
    ...server,
    sink: counting,
    writes,
    text,
    json: async () => JSON.parse(await text()) as unknown,
  }
}

/** As a reconciler does once, with nobody else about. */
export const reconciled = async <V>(
  sink: Sink<V>,
  backends: PersistentMap<Backend>,
  complete = true,
  owner = 'worker',
): Promise<readonly Outcome<V>[]> => {
  const { signal } = new AbortController()
  const rows = await sink.read(signal)
  const wanted = sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))
  const { changes } = plan(sink, wanted, rows, { owner, complete, pruneGuard: 'off' })
  return changes.length === 0 ? [] : sink.apply(changes, owner, signal)
}
