import { lazy } from './lazy.js'

/** The keys of two maps together, and a value for each that is made when it is first asked for, once. */
export class TargetRecords<A> implements ReadonlyMap<string, A> {
  readonly #made = new Map<string, A>()
  /** Costs a pass, and few ask for all. */
  readonly #all = lazy(() => new Set([...this.one.keys(), ...this.other.keys()]))

  constructor(
    private readonly one: ReadonlyMap<string, unknown>,
    private readonly other: ReadonlyMap<string, unknown>,
    private readonly make: (key: string) => A,
  ) {}

  get size(): number {
    return this.#keys.size
  }

  has(key: string): boolean {
    return this.one.has(key) || this.other.has(key)
  }

  get(key: string): A | undefined {
    return this.has(key) ? this.#of(key) : undefined
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

  get #keys(): ReadonlySet<string> {
    return this.#all()
  }

  #of(key: string): A {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.make(key)
    this.#made.set(key, made)
    return made
  }
}
