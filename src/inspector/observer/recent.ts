/** The newest items of an endless series, in order. */
export class Recent<A> {
  #items: A[] = []

  /** `most`: how many are kept at least; at most twice as many. */
  constructor(private readonly most: number) {}

  add(item: A): void {
    this.#items.push(item)
    // Amortised, because `shift` would cost the length of the array each time.
    if (this.#items.length >= 2 * this.most) this.#items = this.#items.slice(-this.most)
  }

  /** Oldest first. */
  get all(): readonly A[] {
    return this.#items.slice(-this.most)
  }

  get size(): number {
    return Math.min(this.#items.length, this.most)
  }

  /** The item that was added this many items ago; 0 is the newest. The oldest kept, if that one is forgotten. */
  ago(count: number): A | undefined {
    return this.#items[Math.max(0, this.#items.length - 1 - count)]
  }
}
