import { type PruneGuard, plan, type Plan } from '../../core/plan.js'
import { type Effect, effectOf } from '../../core/effect.js'
import type { Desired } from '../../core/desired.js'
import type { Owner, Sink } from '../../core/sink.js'

/** The next plan of a sink, as data. */
export interface SinkPlan<V = unknown> {
  readonly sink: string
  readonly plan: Plan<V>
  /** What each change does to the endpoints of its record, by key; `undefined` where records have none. */
  readonly effects?: ReadonlyMap<string, Effect>
}

/** Reads a target and plans once, as its reconciler would, but has no access to `apply`. Rejects when `read` does. */
export const sinkPlan = async <V>(
  sink: Omit<Sink<V>, 'apply'>,
  { backends, complete, unjudged }: Desired,
  { owner, pruneGuard }: { readonly owner: Owner; readonly pruneGuard?: PruneGuard | 'off' },
  signal: AbortSignal,
): Promise<SinkPlan<V>> => {
  const rows = await sink.read(signal)
  const wanted = sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))
  const next = plan(sink, wanted, rows, {
    owner,
    complete,
    unjudged,
    ...(pruneGuard !== undefined && { pruneGuard }),
  })
  const effects = new Map<string, Effect>()
  for (const change of [...next.changes, ...next.skipped.map((skipped) => skipped.change)]) {
    const effect = effectOf(sink, change)
    if (effect !== undefined) effects.set(change.key, effect)
  }
  return { sink: sink.name, plan: next, effects }
}
