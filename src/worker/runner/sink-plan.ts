import { type PruneGuard, plan, type Plan } from '../../core/plan.js'
import type { Desired } from '../../core/desired.js'
import type { Owner, Sink } from '../../core/sink.js'

/** The next plan of a sink, as data. */
export interface SinkPlan<V = unknown> {
  readonly sink: string
  readonly plan: Plan<V>
}

/** Reads a target and plans once, as its reconciler would, but has no access to `apply`. Rejects when `read` does. */
export const sinkPlan = async <V>(
  sink: Omit<Sink<V>, 'apply'>,
  { backends, complete }: Desired,
  { owner, pruneGuard }: { readonly owner: Owner; readonly pruneGuard?: PruneGuard | 'off' },
  signal: AbortSignal,
): Promise<SinkPlan<V>> => {
  const rows = await sink.read(signal)
  const wanted = sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))
  return {
    sink: sink.name,
    plan: plan(sink, wanted, rows, { owner, complete, ...(pruneGuard !== undefined && { pruneGuard }) }),
  }
}
