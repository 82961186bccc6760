import type { Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { Owner } from '../../core/sink.js'
import type { ObservedConflict } from '../observed.js'

/** Conflicts further apart than this are no dispute. */
const withinMs: Millis = 600_000

/** The number of records that are remembered, and of conflicts for each. */
const mostRecords = 500
const mostConflicts = 100

interface Disputed {
  readonly target: string
  readonly key: string
  readonly writer: Owner | undefined
  /** Oldest first. */
  readonly times: readonly Millis[]
}

/** The records that others change, too. */
export class ConflictObserver {
  readonly #disputed = new Map<string, Disputed>()

  hear({ sink, key, writer }: Extract<Report, { readonly _tag: 'Conflicted' }>, now: Millis): void {
    const id = JSON.stringify([sink, key])
    const times = [...(this.#disputed.get(id)?.times ?? []), now].slice(-mostConflicts)
    // Deleted first, so that the map keeps the order of the latest conflicts.
    this.#disputed.delete(id)
    this.#disputed.set(id, { target: sink, key, writer, times })
    const [oldest] = this.#disputed.keys()
    if (this.#disputed.size > mostRecords && oldest !== undefined) this.#disputed.delete(oldest)
  }

  conflicts(now: Millis): readonly ObservedConflict[] {
    const conflicts: ObservedConflict[] = []
    for (const [id, { target, key, writer, times }] of this.#disputed) {
      const recent = times.filter((at) => now - at < withinMs)
      const [first, last] = [recent[0], recent.at(-1)]
      if (first === undefined || last === undefined) {
        this.#disputed.delete(id)
        continue
      }
      const minutes = Math.max(1, (now - first) / 60_000)
      conflicts.push({ target, key, writer, perMinute: recent.length / minutes, lastAt: last })
    }
    return conflicts
  }
}
