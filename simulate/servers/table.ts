import type { StoredItem } from './stored-item.js'

export interface TableKeys {
  readonly hash: string
  /** A number. */
  readonly range?: string
}

/** A table in memory: items by their keys, and in the order of the numbers of a partition. */
export class Table {
  readonly #partitions = new Map<string, Map<number, StoredItem>>()

  constructor(
    readonly name: string,
    readonly keys: TableKeys,
  ) {}

  get(key: StoredItem): StoredItem | undefined {
    return this.#partitions.get(this.#hash(key))?.get(this.#number(key))
  }

  /** Replaces the item, or deletes it for `undefined`. */
  set(key: StoredItem, item: StoredItem | undefined): void {
    const hash = this.#hash(key)
    const partition = this.#partitions.get(hash) ?? new Map<number, StoredItem>()
    if (item === undefined) partition.delete(this.#number(key))
    else partition.set(this.#number(key), item)
    if (partition.size === 0) this.#partitions.delete(hash)
    else this.#partitions.set(hash, partition)
  }

  /** The key attributes of an item. */
  keyOf(item: StoredItem): StoredItem {
    const { hash, range } = this.keys
    return Object.fromEntries(
      [hash, ...(range === undefined ? [] : [range])].flatMap((name) => {
        const value = item[name]
        return value === undefined ? [] : [[name, value]]
      }),
    )
  }

  /** The items of a partition with numbers above `after`, ascending. */
  above(hash: string, after: number): readonly StoredItem[] {
    return [...(this.#partitions.get(hash) ?? [])]
      .filter(([number]) => number > after)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  }

  /** All items, in a stable order that is none of the keys. */
  *all(): Generator<StoredItem> {
    for (const partition of this.#partitions.values()) yield* partition.values()
  }

  /** The items whose attribute `expires`, in seconds, is before `now`. */
  expired(now: number): readonly StoredItem[] {
    return [...this.all()].filter(
      ({ expires }) => expires?.N !== undefined && Number(expires.N) < now / 1_000,
    )
  }

  /** Deletes those, as DynamoDB does within days. */
  expire(now: number): number {
    const old = this.expired(now)
    for (const item of old) this.set(this.keyOf(item), undefined)
    return old.length
  }

  #hash(item: StoredItem): string {
    const value = item[this.keys.hash]?.S
    if (value === undefined) throw new Error(`an item of table ${this.name} has no key ${this.keys.hash}`)
    return value
  }

  #number(item: StoredItem): number {
    return this.keys.range === undefined ? 0 : Number(item[this.keys.range]?.N)
  }
}
