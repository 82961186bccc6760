import {
  diffNodes,
  type DiffVisitor,
  emptyRoot,
  find,
  hashOf,
  leavesOf,
  type Node,
  type Revise,
  revised,
  without,
} from './trie.js'

/**
 * An immutable map from strings that shares structure between versions. `set` and `get` cost the logarithm of the
 * size to the base of 32, and `diff` costs what changed between two versions and not what there is: the fold pays for
 * the one with every event, the projection for the other. Iteration is in no order that means anything. Ours, for
 * these two costs: see docs/decisions/0002.
 */
export class PersistentMap<V extends object> implements Iterable<readonly [string, V]> {
  private constructor(
    private readonly root: Node<V>,
    readonly size: number,
  ) {}

  static empty<V extends object>(): PersistentMap<V> {
    return new PersistentMap<V>(emptyRoot, 0)
  }

  static from<V extends object>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>()
    for (const [key, value] of entries) map = map.set(key, value)
    return map
  }

  get(key: string): V | undefined {
    return find(this.root, hashOf(key), key)?.value
  }

  has(key: string): boolean {
    return find(this.root, hashOf(key), key) !== undefined
  }

  /** Returns this same map when `key` already has this very value. */
  set(key: string, value: V): PersistentMap<V> {
    return this.update(key, () => value)
  }

  /**
   * Sets what `revise` makes of the value under `key`, in one descent; returns this same map when that is the same
   * value.
   */
  update(key: string, revise: Revise<V>): PersistentMap<V> {
    let added = 0
    const root = revised(
      this.root,
      hashOf(key),
      key,
      (known) => {
        if (known === undefined) added = 1
        return revise(known)
      },
      0,
    )
    return root === this.root ? this : new PersistentMap<V>(root, this.size + added)
  }

  delete(key: string): PersistentMap<V> {
    const root = without(this.root, hashOf(key), key, 0)
    return root === this.root ? this : new PersistentMap<V>(root ?? emptyRoot, this.size - 1)
  }

  *keys(): Generator<string> {
    for (const leaf of leavesOf(this.root)) yield leaf.key
  }

  *values(): Generator<V> {
    for (const leaf of leavesOf(this.root)) yield leaf.value
  }

  *entries(): Generator<readonly [string, V]> {
    for (const { key, value } of leavesOf(this.root)) yield [key, value]
  }

  [Symbol.iterator](): Generator<readonly [string, V]> {
    return this.entries()
  }

  /** Its entries in the order of their keys, as JSON, for people: `PersistentMap(1) {"web":{…}}`. */
  toString(): string {
    return `PersistentMap(${this.size}) ${JSON.stringify(this)}`
  }

  /** An object with the entries in the order of their keys. */
  toJSON(): Readonly<Record<string, V>> {
    return Object.fromEntries([...this].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** What `console.log` shows of it: a Map. Node's `inspect` calls this. */
  [Symbol.for('nodejs.util.inspect.custom')](): ReadonlyMap<string, V> {
    return new Map([...this].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Visits what differs from `before`, at a cost that grows with the differences and not with the sizes. */
  diff(before: PersistentMap<V>, visit: DiffVisitor<V>): void {
    diffNodes(before.root, this.root, visit)
  }
}
