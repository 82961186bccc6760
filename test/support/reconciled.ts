import type { Backend } from '../../src/core/desired.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import { type Plan, plan } from '../../src/core/plan.js'
import type { Outcome, Row, Sink } from '../../src/core/sink.js'

export interface ReconcileOptions {
  readonly owner?: string
  readonly complete?: boolean
  readonly signal?: AbortSignal
}

/** Reads and plans. */
export const planned = async <V>(
  sink: Sink<V>,
  backends: PersistentMap<Backend>,
  { owner = 'worker', complete = true, signal = new AbortController().signal }: ReconcileOptions = {},
): Promise<Plan<V>> => {
  const rows = await sink.read(signal)
  const wanted = sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))
  return plan(sink, wanted, rows, { owner, complete, pruneGuard: 'off' })
}

/** Reads, plans and applies once. */
export const reconciled = async <V>(
  sink: Sink<V>,
  backends: PersistentMap<Backend>,
  options: ReconcileOptions = {},
): Promise<readonly Outcome<V>[]> => {
  const { owner = 'worker', signal = new AbortController().signal } = options
  return sink.apply((await planned(sink, backends, options)).changes, owner, signal)
}

/**
 * As a worker does: plans again with what a conflict found, until there is nothing to do. Resolves with the number of
 * writes.
 */
export const reconciledUntilQuiet = async <V>(
  sink: Sink<V>,
  backends: PersistentMap<Backend>,
  { owner = 'worker', complete = true, signal = new AbortController().signal }: ReconcileOptions = {},
): Promise<number> => {
  let rows: Map<string, Row<V>> | undefined
  let writes = 0
  for (;;) {
    try {
      rows ??= new Map((await sink.read(signal)).map((row) => [row.key, row]))
    } catch {
      continue
    }
    const wanted = sink.render(backends, new Map([...rows].map(([key, { value }]) => [key, value])))
    const { changes } = plan(sink, wanted, rows.values(), { owner, complete, pruneGuard: 'off' })
    if (changes.length === 0) return writes
    for (const outcome of await sink.apply(changes, owner, signal)) {
      if (outcome._tag === 'Rejected') throw new Error(outcome.reason)
      if (outcome._tag === 'Done') writes++
      const now =
        outcome._tag === 'Done' ? outcome.row : outcome._tag === 'Conflict' ? outcome.found : 'unread'
      if (now === 'unread') rows = undefined
      else if (now === undefined) rows?.delete(outcome.key)
      else rows?.set(outcome.key, now)
    }
  }
}
