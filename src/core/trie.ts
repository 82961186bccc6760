/**
 * The nodes of a hash array mapped trie (Bagwell, "Ideal Hash Trees", 2001), with five bits of the key's hash per
 * level, and the operations on them. Pure: every change copies the path from the root and shares the rest.
 */
// Checking a tag in the first field of every shape is faster than checking which fields exist.
const LEAF = 0
const COLLISION = 1
const BRANCH = 2

interface Leaf<V> {
  readonly kind: typeof LEAF
  readonly hash: number
  readonly key: string
  readonly value: V
}
interface Collision<V> {
  readonly kind: typeof COLLISION
  readonly hash: number
  /** Two or more; all with the same 32-bit hash. */
  readonly leaves: readonly Leaf<V>[]
}
interface Branch<V> {
  readonly kind: typeof BRANCH
  /** Bit i is set iff there is a child for the five hash bits i. Children are in the order of the bits. */
  readonly bitmap: number
  readonly children: readonly Node<V>[]
}
export type Node<V> = Leaf<V> | Collision<V> | Branch<V>

const BITS = 5
const MASK = 31
export const emptyRoot: Branch<never> = { kind: BRANCH, bitmap: 0, children: [] }

let lastKey: string | undefined
let lastHash = 0

/**
 * FNV-1a with a final mix, because task ARNs differ only in their last characters, and the trie uses low bits first. The
 * last result is remembered: an event asks for its task several times, and an ARN has a hundred characters.
 */
export const hashOf = (key: string): number => {
  if (key === lastKey) return lastHash
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  lastKey = key
  lastHash = (h ^ (h >>> 13)) | 0
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

/** The smallest node that contains two nodes whose hashes first differ at `shift` or above. */
const pair = <V>(a: Leaf<V> | Collision<V>, b: Leaf<V>, shift: number): Node<V> => {
  if (a.hash === b.hash)
    return { kind: COLLISION, hash: a.hash, leaves: a.kind === COLLISION ? [...a.leaves, b] : [a, b] }
  const bitA = bitOf(a.hash, shift)
  const bitB = bitOf(b.hash, shift)
  if (bitA === bitB) return { kind: BRANCH, bitmap: bitA, children: [pair(a, b, shift + BITS)] }
  return { kind: BRANCH, bitmap: bitA | bitB, children: bitA >>> 0 < bitB >>> 0 ? [a, b] : [b, a] }
}

const childAt = <V>(branch: Branch<V> | undefined, bit: number): Node<V> | undefined =>
  branch === undefined || (branch.bitmap & bit) === 0
    ? undefined
    : branch.children[indexOf(branch.bitmap, bit)]

export const find = <V>(root: Node<V>, hash: number, key: string): Leaf<V> | undefined => {
  let node: Node<V> | undefined = root
  for (let shift = 0; node !== undefined; shift += BITS) {
    if (node.kind === BRANCH) {
      const bit = bitOf(hash, shift)
      node = (node.bitmap & bit) === 0 ? undefined : node.children[indexOf(node.bitmap, bit)]
    } else if (node.kind === COLLISION) return node.leaves.find((leaf) => leaf.key === key)
    else return node.key === key ? node : undefined
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
): Node<V> => {
  if (node.kind === BRANCH) {
    const { bitmap, children } = node
    const bit = bitOf(hash, shift)
    const at = indexOf(bitmap, bit)
    const child = children[at]
    if ((bitmap & bit) === 0 || child === undefined)
      return {
        kind: BRANCH,
        bitmap: bitmap | bit,
        children: inserted<Node<V>>(children, at, { kind: LEAF, hash, key, value: revise(undefined) }),
      }
    const next = revised(child, hash, key, revise, shift + BITS)
    return next === child ? node : { kind: BRANCH, bitmap, children: replaced(children, at, next) }
  }
  if (node.kind === COLLISION) {
    const at = node.leaves.findIndex((leaf) => leaf.key === key)
    const leaf = node.leaves[at]
    if (leaf === undefined) return pair(node, { kind: LEAF, hash, key, value: revise(undefined) }, shift)
    const value = revise(leaf.value)
    return value === leaf.value
      ? node
      : {
          kind: COLLISION,
          hash: node.hash,
          leaves: replaced(node.leaves, at, { kind: LEAF, hash, key, value }),
        }
  }
  if (node.key !== key) return pair(node, { kind: LEAF, hash, key, value: revise(undefined) }, shift)
  const value = revise(node.value)
  return value === node.value ? node : { kind: LEAF, hash, key, value }
}

export const without = <V>(node: Node<V>, hash: number, key: string, shift: number): Node<V> | undefined => {
  if (node.kind === BRANCH) {
    const bit = bitOf(hash, shift)
    const at = indexOf(node.bitmap, bit)
    const child = node.children[at]
    if ((node.bitmap & bit) === 0 || child === undefined) return node
    const kept = without(child, hash, key, shift + BITS)
    if (kept === child) return node
    if (kept !== undefined) {
      // Below the root, a branch never contains a single leaf, so that equal contents have equal shapes.
      if (node.children.length === 1 && shift > 0 && kept.kind !== BRANCH) return kept
      return { kind: BRANCH, bitmap: node.bitmap, children: replaced(node.children, at, kept) }
    }
    const children = node.children.filter((_, i) => i !== at)
    const [only] = children
    if (only === undefined) return undefined
    return children.length === 1 && shift > 0 && only.kind !== BRANCH
      ? only
      : { kind: BRANCH, bitmap: node.bitmap & ~bit, children }
  }
  if (node.kind === COLLISION) {
    const leaves = node.leaves.filter((leaf) => leaf.key !== key)
    return leaves.length === node.leaves.length
      ? node
      : leaves.length > 1
        ? { kind: COLLISION, hash: node.hash, leaves }
        : leaves[0]
  }
  return node.key === key ? undefined : node
}

export function* leavesOf<V>(root: Node<V>): Generator<Leaf<V>> {
  // A stack of its own: a leaf would otherwise pass through a generator for each level.
  const waiting: Node<V>[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
    if (node.kind === LEAF) yield node
    else if (node.kind === COLLISION) yield* node.leaves
    else
      for (const child of node.children)
        if (child.kind === LEAF) yield child
        else waiting.push(child)
}

/** Called once for each key whose value is not identical (`===`) in the two versions; `undefined` means absent. */
export type DiffVisitor<V> = (key: string, before: V | undefined, after: V | undefined) => void

const visitAll = <V>(node: Node<V>, visit: (leaf: Leaf<V>) => void): void => {
  if (node.kind === BRANCH) for (const child of node.children) visitAll(child, visit)
  else if (node.kind === COLLISION) node.leaves.forEach(visit)
  else visit(node)
}

export const diffNodes = <V>(
  before: Node<V> | undefined,
  after: Node<V> | undefined,
  visit: DiffVisitor<V>,
): void => {
  if (before === after) return
  if (before === undefined) visitAll(after ?? emptyRoot, (leaf) => visit(leaf.key, undefined, leaf.value))
  else if (after === undefined) visitAll(before, (leaf) => visit(leaf.key, leaf.value, undefined))
  else if (before.kind === BRANCH && after.kind === BRANCH) {
    if (before.bitmap === after.bitmap) {
      for (let i = 0; i < after.children.length; i++) {
        const child = after.children[i]
        if (before.children[i] !== child) diffNodes(before.children[i], child, visit)
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
      )
    }
  } else if (before.kind === LEAF && after.kind === LEAF && before.key === after.key) {
    if (before.value !== after.value) visit(after.key, before.value, after.value)
  } else {
    // At least one side is a single leaf or a bucket. The other side has few keys, or they were just added.
    const old = new Map([...leavesOf(before)].map((leaf) => [leaf.key, leaf.value]))
    for (const { key, value } of leavesOf(after)) {
      const was = old.get(key)
      if (was !== value) visit(key, was, value)
      old.delete(key)
    }
    for (const [key, value] of old) visit(key, value, undefined)
  }
}

/** `diffNodes`, with a pause after each `every` differences, where the upper two levels of branches allow it. */
export function* diffNodesInSlices<V>(
  before: Node<V> | undefined,
  after: Node<V> | undefined,
  visit: DiffVisitor<V>,
  every: number,
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
    if (
      levels === 0 ||
      (was !== undefined && was.kind !== BRANCH) ||
      (is !== undefined && is.kind !== BRANCH)
    ) {
      if (visited >= every) {
        visited = 0
        yield
      }
      diffNodes(was, is, count)
      return
    }
    for (let bits = (was?.bitmap ?? 0) | (is?.bitmap ?? 0); bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      const [before, after] = [childAt(was, bit), childAt(is, bit)]
      // Asked here, because most are the same, and a generator costs far more than the question.
      if (before !== after) yield* descend(before, after, levels - 1)
    }
  }
  if (before !== after) yield* descend(before, after, 2)
}
