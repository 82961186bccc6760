/** A map that keeps the `bound` most recently used entries. */
export class RecentMap<V extends object | string> {
  // A Map iterates in insertion order, so its first entry is the least recently used one.
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
  delete(key: string): void {
    this.#entries.delete(key)
  }
}
