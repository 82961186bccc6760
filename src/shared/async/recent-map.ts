/** The entries used last, at most `bound` of them. */
export class RecentMap<V extends object | string> {
  // A Map iterates in the order of insertion, so its first is what was used the longest ago.
  readonly #entries = new Map<string, V>()

  constructor(private readonly bound: number) {}

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.bound) return
    for (const [oldest] of this.#entries) {
      this.#entries.delete(oldest)
      return
    }
  }
}
