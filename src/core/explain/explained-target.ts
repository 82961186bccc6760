import type { Backend, Desired } from '../desired.js'
import { PersistentMap } from '../persistent-map.js'
import { type Plan, plan, type PlanOptions } from '../plan.js'
import type { Change, Owner, Row, Sink } from '../sink.js'

/** A record of a target, as it is and as it should be. */
export interface TargetRecord {
  readonly key: string
  /** The owner of the record that the target holds. */
  readonly owner: Owner | undefined
  readonly isOurs: boolean
  /** Where the held record leads: addresses, URLs or hosts. `undefined` if the target holds none. */
  readonly held: readonly string[] | undefined
  /** Where the desired record leads. `undefined` if nothing desires one. */
  readonly wanted: readonly string[] | undefined
  /** The change that the plan makes. */
  readonly change: Change<unknown>['_tag'] | undefined
  /** Why the plan skips a change. */
  readonly skipped: Plan<unknown>['skipped'][number]['why'] | undefined
}

/** A target with the plan for it, as `explain` looks at it. */
export type ExplainedTarget =
  | {
      readonly _tag: 'Read'
      readonly name: string
      /** Whether records tell where they lead. */
      readonly tells: boolean
      /** All records, held or desired, by key. */
      readonly records: ReadonlyMap<string, TargetRecord>
      /** The keys of the records that a backend is, or should be, in. */
      readonly keysOf: (backend: Backend) => readonly string[]
    }
  /** What it holds is not known. `reason` and `todo`: for people. */
  | {
      readonly _tag: 'Unread'
      readonly name: string
      readonly reason: string
      readonly todo?: string
    }

/** What of a sink a plan asks for. */
export type PlannedSink<V> = Omit<Sink<V>, 'apply' | 'read'>

const placesOf = <V>({ endpointsOf, hostsOf }: PlannedSink<V>, value: V | undefined) =>
  value === undefined ? undefined : (endpointsOf?.(value) ?? hostsOf?.(value) ?? [])

/** The keys of one backend's records: those that rendering its part gives. */
const keysFor =
  <V>(sink: PlannedSink<V>, { backends }: Desired, held: ReadonlyMap<string, V>) =>
  (backend: Backend): readonly string[] => {
    const { parts } = sink
    if (parts === undefined)
      return [...sink.render(PersistentMap.from<Backend>([[backend.name, backend]]), held).keys()]
    const part = parts.ofBackend(backend)
    const all = PersistentMap.from<Backend>(
      [...backends].filter(([, each]) => parts.ofBackend(each) === part),
    )
    const theirs = new Map([...held].filter(([key, value]) => parts.ofRecord(key, value).includes(part)))
    return [...new Set([...sink.render(all, theirs).keys(), ...theirs.keys()])]
  }

/**
 * What a target holds against what it should hold. `rows`: all of it, as `Sink.read` resolves. Pure, as far as
 * `Sink.render` is.
 */
export const explainedTarget = <V>(
  sink: PlannedSink<V>,
  rows: readonly Row<V>[],
  desired: Desired,
  options: Omit<PlanOptions, 'complete' | 'unjudged'>,
): ExplainedTarget => {
  const held = new Map(rows.map((row) => [row.key, row]))
  const values = new Map(rows.map(({ key, value }) => [key, value]))
  const wanted = sink.render(desired.backends, values)
  const { complete, unjudged } = desired
  const { changes, skipped } = plan(sink, wanted, rows, { ...options, complete, unjudged })
  const changed = new Map(changes.map(({ key, _tag }) => [key, _tag]))
  const why = new Map(skipped.map((each) => [each.change.key, each.why]))
  const records = new Map<string, TargetRecord>()
  for (const key of new Set([...held.keys(), ...wanted.keys()])) {
    const row = held.get(key)
    records.set(key, {
      key,
      owner: row?.owner,
      isOurs: row?.owner === options.owner,
      held: placesOf(sink, row?.value),
      wanted: placesOf(sink, wanted.get(key)),
      change: changed.get(key),
      skipped: why.get(key),
    })
  }
  return {
    _tag: 'Read',
    name: sink.name,
    tells: sink.endpointsOf !== undefined || sink.hostsOf !== undefined,
    records,
    keysOf: keysFor(sink, desired, values),
  }
}
