/**
 * The nodes of a hash array mapped trie (Bagwell, "Ideal Hash Trees", 2001), with five bits of the key's hash per
 * level, and the operations on them. Pure: every change copies the path from the root and shares the rest.
 *
 * A leaf is the value itself if the value holds its key, and otherwise an entry of both. A map of tasks has one object
 * less for each of them, and each key once.
 */
class Entry<V> {
  constructor(
    readonly key: string,
    readonly value: V,
  ) {}
}

type Leaf<V> = Entry<V> | V

class Collision<V> {
  constructor(
    readonly hash: number,
    /** Two or more; all with the same 32-bit hash. */
    readonly leaves: readonly Leaf<V>[],
  ) {}
}

class Branch<V> {
  constructor(
    /** Bit i is set iff there is a child for the five hash bits i. Children are in the order of the bits. */
    readonly bitmap: number,
    readonly children: readonly Node<V>[],
  ) {}
}

export type Node<V> = Leaf<V> | Collision<V> | Branch<V>

const isBranch = <V>(node: Node<V> | undefined): node is Branch<V> => node instanceof Branch
const isCollision = <V>(node: Node<V> | undefined): node is Collision<V> => node instanceof Collision
const isLeaf = <V>(node: Node<V>): node is Leaf<V> => !isBranch(node) && !isCollision(node)
const isEntry = <V>(leaf: Leaf<V>): leaf is Entry<V> => leaf instanceof Entry

/** Which keys values hold. */
export interface Keys<V> {
  /** The key that a value holds. Those that are leaves without an entry hold one. */
  of(value: V): string | undefined
}

export const leafKey = <V>(leaf: Leaf<V>, keys: Keys<V>): string =>
  isEntry(leaf) ? leaf.key : (keys.of(leaf) ?? '')
export const leafValue = <V>(leaf: Leaf<V>): V => (isEntry(leaf) ? leaf.value : leaf)
const leafOf = <V>(key: string, value: V, keys: Keys<V>): Leaf<V> =>
  keys.of(value) === key ? value : new Entry(key, value)

const BITS = 5
const MASK = 31
export const emptyRoot: Branch<never> = new Branch<never>(0, [])

/**
 * FNV-1a with a final mix, because task ARNs differ only in their last characters, and the trie uses low bits first.
 */
const hashed = (key: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  return (h ^ (h >>> 13)) | 0
}

let lastKey: string | undefined
let lastHash = 0

/** The last result is remembered: an event asks for its task several times, and an ARN has a hundred characters. */
export const hashOf = (key: string): number => {
  if (key === lastKey) return lastHash
  lastHash = hashed(key)
  lastKey = key
  return lastHash
}

const ones = (n: number): number => {
  n -= (n >>> 1) & 0x55555555
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

const bitOf = (hash: number, shift: number): number => 1 << ((hash >>> shift) & MASK)
const indexOf = (bitmap: number, bit: number): number => ones(bitmap & (bit - 1))

const replaced = <A>(items: readonly A[], at: number, item: A): readonly A[] => {
  const copy = items.slice()
  copy[at] = item
  return copy
}
const inserted = <A>(items: readonly A[], at: number, item: A): readonly A[] => {
  const copy = new Array<A>(items.length + 1)
  for (let i = 0; i < at; i++) copy[i] = items[i] ?? item
  copy[at] = item
  for (let i = at; i < items.length; i++) copy[i + 1] = items[i] ?? item
  return copy
}

/** The smallest node that contains two nodes, whose hashes first differ at `shift` or above. */
const pair = <V>(
  a: Leaf<V> | Collision<V>,
  hashA: number,
  b: Leaf<V>,
  hashB: number,
  shift: number,
): Node<V> => {
  if (hashA === hashB) return new Collision<V>(hashA, isCollision(a) ? [...a.leaves, b] : [a, b])
  const bitA = bitOf(hashA, shift)
  const bitB = bitOf(hashB, shift)
  if (bitA === bitB) return new Branch<V>(bitA, [pair(a, hashA, b, hashB, shift + BITS)])
  return new Branch<V>(bitA | bitB, bitA >>> 0 < bitB >>> 0 ? [a, b] : [b, a])
}

const childAt = <V>(branch: Branch<V> | undefined, bit: number): Node<V> | undefined =>
  branch === undefined || (branch.bitmap & bit) === 0
    ? undefined
    : branch.children[indexOf(branch.bitmap, bit)]

export const find = <V>(root: Node<V>, hash: number, key: string, keys: Keys<V>): V | undefined => {
  let node: Node<V> | undefined = root
  for (let shift = 0; node !== undefined; shift += BITS) {
    if (isBranch(node)) {
      const bit = bitOf(hash, shift)
      node = (node.bitmap & bit) === 0 ? undefined : node.children[indexOf(node.bitmap, bit)]
      continue
    }
    const leaf: Leaf<V> | undefined = isCollision(node)
      ? node.leaves.find((each) => leafKey(each, keys) === key)
      : node
    return leaf !== undefined && leafKey(leaf, keys) === key ? leafValue(leaf) : undefined
  }
  return undefined
}

/** Called with the value of the key, if there is one. Returning the same value changes nothing. */
export type Revise<V> = (known: V | undefined) => V

/** Returns `node` itself when nothing changed. */
export const revised = <V>(
  node: Node<V>,
  hash: number,
  key: string,
  revise: Revise<V>,
  shift: number,
  keys: Keys<V>,
): Node<V> => {
  if (isBranch(node)) {
    const { bitmap, children } = node
    const bit = bitOf(hash, shift)
    const at = indexOf(bitmap, bit)
    const child = children[at]
    if ((bitmap & bit) === 0 || child === undefined)
      return new Branch<V>(
        bitmap | bit,
        inserted<Node<V>>(children, at, leafOf(key, revise(undefined), keys)),
      )
    const next = revised(child, hash, key, revise, shift + BITS, keys)
    return next === child ? node : new Branch<V>(bitmap, replaced(children, at, next))
  }
  if (isCollision(node)) {
    const at = node.leaves.findIndex((leaf) => leafKey(leaf, keys) === key)
    const leaf = node.leaves[at]
    if (leaf === undefined) return pair(node, node.hash, leafOf(key, revise(undefined), keys), hash, shift)
    const next = revisedLeaf(leaf, key, revise, keys)
    return next === leaf ? node : new Collision<V>(node.hash, replaced(node.leaves, at, next))
  }
  const known = leafKey(node, keys)
  return known === key
    ? revisedLeaf(node, key, revise, keys)
    : pair(node, hashed(known), leafOf(key, revise(undefined), keys), hash, shift)
}

const revisedLeaf = <V>(leaf: Leaf<V>, key: string, revise: Revise<V>, keys: Keys<V>): Leaf<V> => {
  const known = leafValue(leaf)
  const value = revise(known)
  return value === known ? leaf : leafOf(key, value, keys)
}

export const without = <V>(
  node: Node<V>,
  hash: number,
  key: string,
  shift: number,
  keys: Keys<V>,
): Node<V> | undefined => {
  if (isBranch(node)) {
    const bit = bitOf(hash, shift)
    const at = indexOf(node.bitmap, bit)
    const child = node.children[at]
    if ((node.bitmap & bit) === 0 || child === undefined) return node
    const kept = without(child, hash, key, shift + BITS, keys)
    if (kept === child) return node
    if (kept !== undefined) {
      // Below the root, a branch never contains a single leaf, so that equal contents have equal shapes.
      if (node.children.length === 1 && shift > 0 && !isBranch(kept)) return kept
      return new Branch<V>(node.bitmap, replaced(node.children, at, kept))
    }
    const children = node.children.filter((_, i) => i !== at)
    const [only] = children
    if (only === undefined) return undefined
    return children.length === 1 && shift > 0 && !isBranch(only)
      ? only
      : new Branch<V>(node.bitmap & ~bit, children)
  }
  if (isCollision(node)) {
    const leaves = node.leaves.filter((leaf) => leafKey(leaf, keys) !== key)
    return leaves.length === node.leaves.length
      ? node
      : leaves.length > 1
        ? new Collision<V>(node.hash, leaves)
        : leaves[0]
  }
  return leafKey(node, keys) === key ? undefined : node
}

export function* leavesOf<V>(root: Node<V>): Generator<Leaf<V>> {
  // A stack of its own: a leaf would otherwise pass through a generator for each level.
  const waiting: Node<V>[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
    if (isCollision(node)) yield* node.leaves
    else if (isBranch(node))
      for (const child of node.children)
        if (isBranch(child) || isCollision(child)) waiting.push(child)
        else yield child
    else yield node
}

/** Called once for each key whose value is not identical (`===`) in the two versions; `undefined` means absent. */
export type DiffVisitor<V> = (key: string, before: V | undefined, after: V | undefined) => void

const visitAll = <V>(node: Node<V>, visit: (leaf: Leaf<V>) => void): void => {
  if (isBranch(node)) for (const child of node.children) visitAll(child, visit)
  else if (isCollision(node)) node.leaves.forEach(visit)
  else visit(node)
}

export const diffNodes = <V>(
  before: Node<V> | undefined,
  after: Node<V> | undefined,
  visit: DiffVisitor<V>,
  keys: Keys<V>,
): void => {
  if (before === after) return
  if (before === undefined)
    visitAll(after ?? emptyRoot, (leaf) => visit(leafKey(leaf, keys), undefined, leafValue(leaf)))
  else if (after === undefined)
    visitAll(before, (leaf) => visit(leafKey(leaf, keys), leafValue(leaf), undefined))
  else if (isBranch(before) && isBranch(after)) {
    if (before.bitmap === after.bitmap) {
      for (let i = 0; i < after.children.length; i++) {
        const child = after.children[i]
        if (before.children[i] !== child) diffNodes(before.children[i], child, visit, keys)
      }
      return
    }
    let inBefore = 0
    let inAfter = 0
    for (let bits = before.bitmap | after.bitmap; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      diffNodes(
        (before.bitmap & bit) === 0 ? undefined : before.children[inBefore++],
        (after.bitmap & bit) === 0 ? undefined : after.children[inAfter++],
        visit,
        keys,
      )
    }
  } else if (isLeaf(before) && isLeaf(after) && leafKey(before, keys) === leafKey(after, keys)) {
    const was = leafValue(before)
    const is = leafValue(after)
    if (was !== is) visit(leafKey(after, keys), was, is)
  } else {
    // At least one side is a single leaf or a bucket. The other side has few keys, or they were just added.
    const old = new Map<string, V>()
    visitAll(before, (leaf) => old.set(leafKey(leaf, keys), leafValue(leaf)))
    visitAll(after, (leaf) => {
      const [key, value] = [leafKey(leaf, keys), leafValue(leaf)]
      const was = old.get(key)
      if (was !== value) visit(key, was, value)
      old.delete(key)
    })
    for (const [key, value] of old) visit(key, value, undefined)
  }
}

/** `diffNodes`, with a pause after each `every` differences, where the upper two levels of branches allow it. */
export function* diffNodesInSlices<V>(
  before: Node<V> | undefined,
  after: Node<V> | undefined,
  visit: DiffVisitor<V>,
  every: number,
  keys: Keys<V>,
): Generator<undefined, void, undefined> {
  let visited = 0
  const count: DiffVisitor<V> = (key, was, is) => {
    visited++
    visit(key, was, is)
  }
  function* descend(
    was: Node<V> | undefined,
    is: Node<V> | undefined,
    levels: number,
  ): Generator<undefined, void, undefined> {
    const branchWas = isBranch(was) ? was : undefined
    const branchIs = isBranch(is) ? is : undefined
    if (levels === 0 || was !== branchWas || is !== branchIs) {
      if (visited >= every) {
        visited = 0
        yield
      }
      diffNodes(was, is, count, keys)
      return
    }
    for (let bits = (branchWas?.bitmap ?? 0) | (branchIs?.bitmap ?? 0); bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      const [before, after] = [childAt(branchWas, bit), childAt(branchIs, bit)]
      // Asked here, because most are the same, and a generator costs far more than the question.
      if (before !== after) yield* descend(before, after, levels - 1)
    }
  }
  if (before !== after) yield* descend(before, after, 2)
}
