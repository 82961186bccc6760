/** The index of the first item that is not before; `isBefore` must hold for a beginning of the items and no more. */
const firstFrom = <A extends object>(items: readonly A[], isBefore: (item: A) => boolean): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && isBefore(item)) low = middle + 1
    else high = middle
  }
  return low
}

/** To move this many references costs less than a microsecond; a million elements are some thousands of chunks. */
const chunkSize = 256

/**
 * A mutable set in order: what prefixes and pages are read from. Sorted chunks of bounded length, so that adding and
 * deleting cost two binary searches and the move of a chunk, however many elements there are. What the order depends
 * on must not change while an element is in it, and the set must not change while it is iterated.
 */
export class OrderedSet<A extends object> {
  readonly #chunks: A[][] = []
  #size = 0

  /** `compare` is 0 for the same element only. */
  constructor(private readonly compare: (a: A, b: A) => number) {}

  get size(): number {
    return this.#size
  }

  get first(): A | undefined {
    return this.#chunks[0]?.[0]
  }

  /** Whether it was not there yet. */
  add(element: A): boolean {
    const at = Math.min(this.#chunkFrom(element), Math.max(0, this.#chunks.length - 1))
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([element])
      this.#size = 1
      return true
    }
    const place = firstFrom(chunk, (other) => this.compare(other, element) < 0)
    const found = chunk[place]
    if (found !== undefined && this.compare(found, element) === 0) return false
    chunk.splice(place, 0, element)
    if (chunk.length > chunkSize) this.#chunks.splice(at + 1, 0, chunk.splice(chunkSize / 2))
    this.#size++
    return true
  }

  /** Whether it was there. */
  delete(element: A): boolean {
    const at = this.#chunkFrom(element)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return false
    const place = firstFrom(chunk, (other) => this.compare(other, element) < 0)
    const found = chunk[place]
    if (found === undefined || this.compare(found, element) !== 0) return false
    chunk.splice(place, 1)
    this.#size--
    // Otherwise what comes and goes would leave ever more chunks with ever less in them.
    const next = this.#chunks[at + 1]
    if (chunk.length === 0) this.#chunks.splice(at, 1)
    else if (next !== undefined && chunk.length + next.length <= chunkSize / 2)
      this.#chunks.splice(at, 2, chunk.concat(next))
    return true
  }

  /** In order, from the first that is not before: `isBefore` must hold for a beginning of the set and no more. */
  *from(isBefore: (element: A) => boolean = () => false): Generator<A> {
    let at = firstFrom(this.#chunks, (chunk) => {
      const last = chunk.at(-1)
      return last !== undefined && isBefore(last)
    })
    let place = firstFrom(this.#chunks[at] ?? [], isBefore)
    for (let chunk = this.#chunks[at]; chunk !== undefined; chunk = this.#chunks[++at], place = 0)
      for (let element = chunk[place]; element !== undefined; element = chunk[++place]) yield element
  }

  #chunkFrom(element: A): number {
    return firstFrom(this.#chunks, (chunk) => {
      const last = chunk.at(-1)
      return last !== undefined && this.compare(last, element) < 0
    })
  }
}

/** Several sets of one order, as one; no element twice. */
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
