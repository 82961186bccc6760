import type { Desired } from './desired.js'
import type { TargetMoment } from './explain/explained-target.js'
import { type Plan, planOf, type PlanOptions } from './plan.js'
import type { Owner, Row, Sink } from './sink.js'
import { type Sliced, sliceSize } from './sliced.js'
import { type Verdict, verdictOf } from './verdict.js'
import { WantedRecords } from './wanted-records.js'

/**
 * The records of one target, as read and as changed by the outcomes of writes since; what they should be; and the
 * verdict on each that differs. An update costs the parts that changed, whatever the target holds.
 */
export class TargetView<V> {
  readonly #rows = new Map<string, Row<V>>()
  readonly #values = new Map<string, V>()
  readonly #wanted: WantedRecords<V>
  /** Of the records that are not as desired. */
  readonly #verdicts = new Map<string, Verdict<V>>()
  /** The keys to judge again. */
  readonly #unsure = new Set<string>()
  /** The number of records that belong to the owner. */
  #own = 0
  #unjudged: ReadonlySet<string> = new Set()
  /** Counts changes. */
  #version = 0

  constructor(
    private readonly sink: Sink<V>,
    private readonly owner: Owner,
    rows: Iterable<Row<V>>,
  ) {
    this.#wanted = new WantedRecords(sink, this.#values)
    for (const row of rows) this.put(row.key, row)
  }

  /** The target holds this record now, or none. */
  put(key: string, row: Row<V> | undefined): void {
    this.#version++
    const before = this.#rows.get(key)
    if (before?.owner === this.owner) this.#own--
    if (row?.owner === this.owner) this.#own++
    if (row === undefined) {
      this.#rows.delete(key)
      this.#values.delete(key)
    } else {
      this.#rows.set(key, row)
      this.#values.set(key, row.value)
    }
    this.#unsure.add(key)
    this.#wanted.recordChanged(key, before?.value, row?.value)
  }

  /** Renders and judges what changed. */
  *update({ backends, unjudged }: Pick<Desired, 'backends' | 'unjudged'>): Sliced<void> {
    this.#version++
    for (const key of yield* this.#wanted.render(backends)) this.#unsure.add(key)
    if (unjudged !== this.#unjudged) {
      this.#unjudged = unjudged
      // It decides about records that are not desired; there are few of them, or this is rare.
      for (const key of this.#rows.keys()) if (this.#wanted.get(key) === undefined) this.#unsure.add(key)
    }
    let judged = 0
    for (const key of this.#unsure) {
      if (++judged % sliceSize === 0) yield
      const verdict = verdictOf(this.sink, key, this.#rows.get(key), this.#wanted.get(key), {
        owner: this.owner,
        unjudged,
      })
      if (verdict === undefined) this.#verdicts.delete(key)
      else this.#verdicts.set(key, verdict)
    }
    this.#unsure.clear()
  }

  /** The plan for what the last update found. */
  plan(options: Omit<PlanOptions, 'owner' | 'unjudged'>): Plan<V> {
    return planOf(this.sink, this.#verdicts.values(), this.#own, options)
  }

  /** Takes over the records of another view, as they are now. Returns whether any differs. */
  follow(rows: ReadonlyMap<string, Row<V>>): boolean {
    let differs = false
    const take = (key: string, row: Row<V> | undefined): void => {
      differs = true
      this.put(key, row)
    }
    for (const key of this.#rows.keys()) if (!rows.has(key)) take(key, undefined)
    for (const [key, row] of rows) if (this.#rows.get(key) !== row) take(key, row)
    return differs
  }

  /** The records, which change with the view. */
  get rows(): ReadonlyMap<string, Row<V>> {
    return this.#rows
  }

  /** The view at this moment, with a plan for what the last update found. Costs a copy of its maps. */
  moment(options: Omit<PlanOptions, 'owner' | 'unjudged'>): TargetMoment<V> {
    const version = this.#version
    return {
      rows: new Map(this.#rows),
      wanted: this.#wanted.all(),
      plan: this.plan(options),
      owner: this.owner,
      // While the view is at this moment, which it usually is, its index is right.
      keysOfPart: (part) => (version === this.#version ? this.#wanted.keysOfPart(part) : undefined),
    }
  }
}
