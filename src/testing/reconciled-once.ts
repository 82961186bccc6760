import { type Backend, formatAddress } from '../core/desired.js'
import type { PersistentMap } from '../core/persistent-map.js'
import { type Plan, plan } from '../core/plan.js'
import type { Outcome, Owner, Row, Sink } from '../core/sink.js'
import type { SinkHarness } from './sink-harness.js'

export type Backends = PersistentMap<Backend>

/** The owner name of a sink, unless a law says otherwise. */
export const us: Owner = 'contract'

/** The owner name of a second sink for the same target, in laws about two owners. */
export const them: Owner = 'another contract'

export const signal: AbortSignal = new AbortController().signal

export const byKey = <V>(rows: readonly Row<V>[]): ReadonlyMap<string, Row<V>> =>
  new Map(rows.map((row) => [row.key, row]))

export const renderAgainst = <V>(
  sink: Sink<V>,
  backends: Backends,
  rows: readonly Row<V>[],
): ReadonlyMap<string, V> => sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))

export interface Attempt {
  /** Default: true. */
  readonly complete?: boolean
  /** Default: `us`. */
  readonly owner?: Owner
}

/** The changes that a reconciler would make now. */
export const planned = async <V>(
  sink: Sink<V>,
  backends: Backends,
  { complete = true, owner = us }: Attempt = {},
): Promise<Plan<V>> => {
  const rows = await sink.read(signal)
  return plan(sink, renderAgainst(sink, backends, rows), rows, { owner, complete, pruneGuard: 'off' })
}

/** One round of a reconciler. */
export const attempted = async <V>(
  sink: Sink<V>,
  backends: Backends,
  attempt: Attempt = {},
): Promise<{ readonly plan: Plan<V>; readonly outcomes: readonly Outcome<V>[] }> => {
  const next = await planned(sink, backends, attempt)
  return { plan: next, outcomes: await sink.apply(next.changes, attempt.owner ?? us, signal) }
}

export const addressesOf = ({ endpoints }: Backend): readonly string[] => [
  ...new Set(endpoints.map(formatAddress)),
]

export const offeredBy = (backends: Backends): readonly string[] =>
  [...backends.values()].flatMap(addressesOf).sort()

/** What the target exposes, as its sink reads it. */
export const offered = async <V>({
  sink,
  addresses,
}: Pick<SinkHarness<V>, 'sink' | 'addresses'>): Promise<readonly string[]> =>
  (await sink.read(signal)).flatMap(({ value }) => addresses(value)).sort()
