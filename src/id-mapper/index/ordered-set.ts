import { lowerBound } from '../../core/lower-bound.js'

/** Moving this many references costs less than a microsecond; a million elements make a few thousand chunks. */
const chunkSize = 256

/**
 * A mutable sorted set, for reading prefixes and pages. It consists of sorted chunks of bounded length, so that adding
 * and deleting cost two binary searches and the move of a chunk, however many elements there are. The sort key of an
 * element must not change while it is in the set, and the set must not change while it is iterated.
 */
export class OrderedSet<A extends object> {
  readonly #chunks: A[][] = []
  #size = 0

  /** `compare` must be 0 only for the same element. */
  constructor(private readonly compare: (a: A, b: A) => number) {}

  get size(): number {
    return this.#size
  }

  get first(): A | undefined {
    return this.#chunks[0]?.[0]
  }

  /** Returns whether the element is new. */
  add(element: A): boolean {
    const at = Math.min(this.#chunkFrom(element), Math.max(0, this.#chunks.length - 1))
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([element])
      this.#size = 1
      return true
    }
    const place = lowerBound(chunk, (other) => this.compare(other, element) < 0)
    const found = chunk[place]
    if (found !== undefined && this.compare(found, element) === 0) return false
    chunk.splice(place, 0, element)
    if (chunk.length > chunkSize) this.#chunks.splice(at + 1, 0, chunk.splice(chunkSize / 2))
    this.#size++
    return true
  }

  /** Returns whether the element was in the set. */
  delete(element: A): boolean {
    const at = this.#chunkFrom(element)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return false
    const place = lowerBound(chunk, (other) => this.compare(other, element) < 0)
    const found = chunk[place]
    if (found === undefined || this.compare(found, element) !== 0) return false
    chunk.splice(place, 1)
    this.#size--
    // Merges small chunks; otherwise adding and deleting would leave ever more chunks with ever fewer elements.
    const next = this.#chunks[at + 1]
    if (chunk.length === 0) this.#chunks.splice(at, 1)
    else if (next !== undefined && chunk.length + next.length <= chunkSize / 2)
      this.#chunks.splice(at, 2, chunk.concat(next))
    return true
  }

  /** In order, from the first element for which `isBefore` is false; it must be true for a prefix of the set only. */
  *from(isBefore: (element: A) => boolean = () => false): Generator<A> {
    let at = lowerBound(this.#chunks, (chunk) => {
      const last = chunk.at(-1)
      return last !== undefined && isBefore(last)
    })
    let place = lowerBound(this.#chunks[at] ?? [], isBefore)
    for (let chunk = this.#chunks[at]; chunk !== undefined; chunk = this.#chunks[++at], place = 0)
      for (let element = chunk[place]; element !== undefined; element = chunk[++place]) yield element
  }

  #chunkFrom(element: A): number {
    return lowerBound(this.#chunks, (chunk) => {
      const last = chunk.at(-1)
      return last !== undefined && this.compare(last, element) < 0
    })
  }
}

/** Merges several sets with the same order, without duplicates. */
export function* mergedFrom<A extends object>(
  sets: readonly OrderedSet<A>[],
  compare: (a: A, b: A) => number,
  isBefore?: (element: A) => boolean,
): Generator<A> {
  const heads = sets.map((set) => {
    const rest = set.from(isBefore)
    return { rest, head: rest.next() }
  })
  for (;;) {
    let least: (typeof heads)[number] | undefined
    for (const each of heads)
      if (
        each.head.done !== true &&
        (least?.head.done !== false || compare(each.head.value, least.head.value) < 0)
      )
        least = each
    if (least?.head.done !== false) return
    const { value } = least.head
    for (const each of heads)
      if (each.head.done !== true && compare(each.head.value, value) === 0) each.head = each.rest.next()
    yield value
  }
}
