import {
  diffNodes,
  diffNodesInSlices,
  type DiffVisitor,
  emptyRoot,
  find,
  hashOf,
  type Keys,
  leafKey,
  leafValue,
  leavesOf,
  type Node,
  type Revise,
  revised,
  without,
} from './trie.js'
import type { Sliced } from './sliced.js'

/** For values that hold no keys. */
const noKeys = { of: (): undefined => undefined }

/**
 * An immutable map with string keys that shares structure between versions. `get` and `set`, which the fold uses for
 * every event, take O(log32 n). `diff`, which the projection uses, takes time proportional to the changes between two
 * versions, not to their size. The iteration order is unspecified. See docs/decisions/0002 for why this is not a
 * library.
 */
export class PersistentMap<V extends object> implements Iterable<readonly [string, V]> {
  private constructor(
    private readonly root: Node<V>,
    readonly size: number,
    private readonly held: Keys<V>,
  ) {}

  static empty<V extends object>(): PersistentMap<V> {
    return new PersistentMap<V>(emptyRoot, 0, noKeys)
  }

  /**
   * An empty map for values that hold their keys. It takes less memory for each value that is set under the key that it
   * holds. `of` must be the same for all maps that are compared.
   */
  static keyedBy<V extends object>(of: (value: V) => string): PersistentMap<V> {
    return new PersistentMap<V>(emptyRoot, 0, { of })
  }

  static from<V extends object>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>()
    for (const [key, value] of entries) map = map.set(key, value)
    return map
  }

  get(key: string): V | undefined {
    // The hash of a long key takes longer than a look into an empty map.
    return this.size === 0 ? undefined : find(this.root, hashOf(key), key, this.held)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  /** Returns the same map if `key` already has this value (`===`). */
  set(key: string, value: V): PersistentMap<V> {
    return this.update(key, () => value)
  }

  /**
   * Replaces the value of `key` by the result of `revise`, in one descent. Returns the same map if the value is the
   * same.
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
      this.held,
    )
    return root === this.root ? this : new PersistentMap<V>(root, this.size + added, this.held)
  }

  delete(key: string): PersistentMap<V> {
    const root = without(this.root, hashOf(key), key, 0, this.held)
    return root === this.root ? this : new PersistentMap<V>(root ?? emptyRoot, this.size - 1, this.held)
  }

  *keys(): Generator<string> {
    for (const leaf of leavesOf(this.root)) yield leafKey(leaf, this.held)
  }

  *values(): Generator<V> {
    for (const leaf of leavesOf(this.root)) yield leafValue(leaf)
  }

  *entries(): Generator<readonly [string, V]> {
    for (const leaf of leavesOf(this.root)) yield [leafKey(leaf, this.held), leafValue(leaf)]
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

  /** Visits the differences from `before`, in time proportional to the differences, not to the sizes. */
  diff(before: PersistentMap<V>, visit: DiffVisitor<V>): void {
    diffNodes(before.root, this.root, visit, this.keysOfBoth(before))
  }

  /** `diff`, with a pause about every `slice` differences. */
  diffInSlices(before: PersistentMap<V>, visit: DiffVisitor<V>, slice: number): Sliced<void> {
    return diffNodesInSlices(before.root, this.root, visit, slice, this.keysOfBoth(before))
  }

  /** Two maps may differ in whether their values hold keys. Entries do not need it. */
  private keysOfBoth({ held }: PersistentMap<V>): Keys<V> {
    return this.held === noKeys ? held : this.held
  }
}
