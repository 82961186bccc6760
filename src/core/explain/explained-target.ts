import type { Backend, Desired } from '../desired.js'
import { PersistentMap } from '../persistent-map.js'
import { type Plan, plan, type PlanOptions } from '../plan.js'
import { SetIndex } from '../set-index.js'
import type { Change, Owner, Row, Sink } from '../sink.js'
import { atOnce } from '../sliced.js'
import { type Wanted, WantedRecords } from '../wanted-records.js'
import { lazy } from './lazy.js'
import { TargetRecords } from './target-records.js'

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

/** What the plan does about a record that is not as desired. */
export type UnlikeRecord = Pick<TargetRecord, 'key' | 'change' | 'skipped'>

/** A target with the plan for it, as `explain` looks at it. */
export type ExplainedTarget =
  | {
      readonly _tag: 'Read'
      readonly name: string
      /** Whether records tell where they lead. */
      readonly tells: boolean
      /** All records, held or desired, by key. They are made when they are asked for. */
      readonly records: ReadonlyMap<string, TargetRecord>
      /** The owner of a record that the target holds. */
      readonly ownerOf: (key: string) => Owner | undefined
      /** The records that are not as desired, ordered by key. */
      readonly unlike: readonly UnlikeRecord[]
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

/** A target at one moment: what it holds, what it should hold, and the plan. None of it changes any more. */
export interface TargetMoment<V> {
  readonly rows: ReadonlyMap<string, Row<V>>
  readonly wanted: ReadonlyMap<string, Wanted<V>>
  readonly plan: Plan<V>
  readonly owner: Owner
  /** The keys of the records of a part, if something knows them already; else `undefined`. */
  readonly keysOfPart?: (part: string) => readonly string[] | undefined
}

type Moment<V> = Pick<TargetMoment<V>, 'rows' | 'wanted' | 'keysOfPart'>

/** The keys of the records of each part: those that it was rendered to, and those that depend on it. */
const keysByPart = <V>({ parts }: PlannedSink<V>, { rows, wanted }: Moment<V>) => {
  const keys = new SetIndex()
  for (const [key, { part }] of wanted) keys.add(part, key)
  if (parts !== undefined)
    for (const [key, { value }] of rows) for (const part of parts.ofRecord(key, value)) keys.add(part, key)
  return keys
}

/** The keys of one backend's records: those of its part, or else those that rendering it alone gives. */
const keysFor = <V>(sink: PlannedSink<V>, moment: Moment<V>) => {
  const { parts } = sink
  if (parts === undefined) {
    const held = lazy(() => new Map([...moment.rows].map(([key, { value }]) => [key, value])))
    const keysOf = (backend: Backend): readonly string[] => [
      ...sink.render(PersistentMap.from<Backend>([[backend.name, backend]]), held()).keys(),
    ]
    // Each endpoint of a backend asks for them, and rendering may cost the whole document.
    const known = new WeakMap<Backend, readonly string[]>()
    return (backend: Backend): readonly string[] => {
      const keys = known.get(backend) ?? keysOf(backend)
      known.set(backend, keys)
      return keys
    }
  }
  const byPart = lazy(() => keysByPart(sink, moment))
  return (backend: Backend): readonly string[] => {
    const part = parts.ofBackend(backend)
    return moment.keysOfPart?.(part) ?? [...byPart().of(part)]
  }
}

/**
 * A target as it is at one moment. Its records are made when they are asked for: it costs what is looked at, and a pass
 * over the keys.
 */
export const targetAt = <V>(
  sink: PlannedSink<V>,
  { plan: { changes, skipped }, owner, ...moment }: TargetMoment<V>,
): ExplainedTarget => {
  const { rows, wanted } = moment
  const changed = new Map(changes.map(({ key, _tag }) => [key, _tag]))
  const why = new Map(skipped.map((each) => [each.change.key, each.why]))
  const recordOf = (key: string): TargetRecord => {
    const row = rows.get(key)
    return {
      key,
      owner: row?.owner,
      isOurs: row?.owner === owner,
      held: placesOf(sink, row?.value),
      wanted: placesOf(sink, wanted.get(key)?.value),
      change: changed.get(key),
      skipped: why.get(key),
    }
  }
  return {
    _tag: 'Read',
    name: sink.name,
    tells: sink.endpointsOf !== undefined || sink.hostsOf !== undefined,
    records: new TargetRecords(rows, wanted, recordOf),
    ownerOf: (key) => rows.get(key)?.owner,
    unlike: [...new Set([...changed.keys(), ...why.keys()])]
      .sort()
      .map((key) => ({ key, change: changed.get(key), skipped: why.get(key) })),
    keysOf: keysFor(sink, moment),
  }
}

/** What a sink renders the backends to, by key, with the part of each record. */
const wantedValues = <V>(
  sink: PlannedSink<V>,
  { backends }: Desired,
  held: ReadonlyMap<string, V>,
): ReadonlyMap<string, Wanted<V>> => {
  const rendering = new WantedRecords(sink, held)
  for (const [key, value] of held) rendering.recordChanged(key, undefined, value)
  atOnce(rendering.render(backends))
  return rendering.all()
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
  const wanted = wantedValues(sink, desired, new Map(rows.map(({ key, value }) => [key, value])))
  const { complete, unjudged } = desired
  const values = new Map([...wanted].map(([key, { value }]) => [key, value]))
  return targetAt(sink, {
    rows: new Map(rows.map((row) => [row.key, row])),
    wanted,
    plan: plan(sink, values, rows, { ...options, complete, unjudged }),
    owner: options.owner,
  })
}
