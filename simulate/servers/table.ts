import type { StoredItem } from './stored-item.js'

export interface TableKeys {
  readonly hash: string
  /** A number. */
  readonly range?: string
}

/** The items of a partition, and their numbers in ascending order. */
class Partition {
  readonly items = new Map<number, StoredItem>()
  readonly #numbers: number[] = []

  set(number: number, item: StoredItem): void {
    if (!this.items.has(number)) this.#numbers.splice(this.#placeAfter(number), 0, number)
    this.items.set(number, item)
  }

  delete(number: number): void {
    if (this.items.delete(number)) this.#numbers.splice(this.#placeAfter(number) - 1, 1)
  }

  above(after: number, most: number): readonly StoredItem[] {
    const from = this.#placeAfter(after)
    const found: StoredItem[] = []
    for (const number of this.#numbers.slice(from, from + most)) {
      const item = this.items.get(number)
      if (item !== undefined) found.push(item)
    }
    return found
  }

  /** The index of the first number above. */
  #placeAfter(number: number): number {
    let [from, to] = [0, this.#numbers.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#numbers[middle] ?? 0) > number) to = middle
      else from = middle + 1
    }
    return from
  }
}

/** A table in memory: items by their keys, and in the order of the numbers of a partition. */
export class Table {
  readonly #partitions = new Map<string, Partition>()

  constructor(
    readonly name: string,
    readonly keys: TableKeys,
  ) {}

  get(key: StoredItem): StoredItem | undefined {
    return this.#partitions.get(this.#hash(key))?.items.get(this.#number(key))
  }

  /** Replaces the item, or deletes it for `undefined`. */
  set(key: StoredItem, item: StoredItem | undefined): void {
    const hash = this.#hash(key)
    const partition = this.#partitions.get(hash) ?? new Partition()
    if (item === undefined) partition.delete(this.#number(key))
    else partition.set(this.#number(key), item)
    if (partition.items.size === 0) this.#partitions.delete(hash)
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

  /** The first `most` items of a partition with numbers above `after`, ascending. */
  above(hash: string, after: number, most: number): readonly StoredItem[] {
    return this.#partitions.get(hash)?.above(after, most) ?? []
  }

  /** All items, in a stable order that is none of the keys. */
  *all(): Generator<StoredItem> {
    for (const partition of this.#partitions.values()) yield* partition.items.values()
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
