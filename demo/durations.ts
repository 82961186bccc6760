/** The distribution of durations, in milliseconds. Percentiles are by nearest rank, so each is a measured value. */
export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** Collects durations, rounded to milliseconds. Equal values share an entry, so memory stays bounded in long runs. */
export class Durations {
  readonly #counts = new Map<number, number>()
  #total = 0

  add(ms: number): void {
    const rounded = Math.round(ms)
    this.#counts.set(rounded, (this.#counts.get(rounded) ?? 0) + 1)
    this.#total++
  }

  /** All zero without durations. */
  get spread(): Spread {
    const sorted = [...this.#counts].sort(([a], [b]) => a - b)
    const ranked = (share: number): number => {
      let left = Math.max(1, Math.ceil(share * this.#total))
      return sorted.find(([, count]) => (left -= count) <= 0)?.[0] ?? 0
    }
    return { count: this.#total, p50: ranked(0.5), p95: ranked(0.95), max: ranked(1) }
  }
}
