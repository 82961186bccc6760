/** The newest numbers of an endless series. */
export class Samples {
  readonly #newest: number[] = []
  #next = 0

  /** `most`: how many are kept. */
  constructor(private readonly most: number) {}

  add(sample: number): void {
    this.#newest[this.#next] = sample
    this.#next = (this.#next + 1) % this.most
  }

  get size(): number {
    return this.#newest.length
  }

  /** The smallest sample that this share of them does not exceed, 0 to 1; `undefined` if there are none. */
  percentile(share: number): number | undefined {
    const sorted = this.#newest.toSorted((a, b) => a - b)
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  }
}
