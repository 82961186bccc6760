/** Values that are made when they are first asked for, by key, once each. */
export class TargetRecords<A> implements ReadonlyMap<string, A> {
  readonly #made = new Map<string, A>()
  readonly #keys: ReadonlySet<string>

  constructor(
    keys: Iterable<string>,
    private readonly make: (key: string) => A,
  ) {
    this.#keys = new Set(keys)
  }

  get size(): number {
    return this.#keys.size
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  get(key: string): A | undefined {
    return this.#keys.has(key) ? this.#of(key) : undefined
  }

  keys(): SetIterator<string> {
    return this.#keys.keys()
  }

  *values(): MapIterator<A> {
    for (const key of this.#keys) yield this.#of(key)
    return undefined
  }

  *entries(): MapIterator<[string, A]> {
    for (const key of this.#keys) yield [key, this.#of(key)]
    return undefined
  }

  [Symbol.iterator](): MapIterator<[string, A]> {
    return this.entries()
  }

  forEach(use: (value: A, key: string, map: ReadonlyMap<string, A>) => void): void {
    for (const [key, value] of this) use(value, key, this)
  }

  #of(key: string): A {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.make(key)
    this.#made.set(key, made)
    return made
  }
}
