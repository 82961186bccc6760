import { type Address, compareAddresses, type Endpoint } from './desired.js'

const compareEndpoints = (a: Endpoint, b: Endpoint): number =>
  compareAddresses(a, b) || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)

/** The first index whose item is not less, in an ordered list. */
const lowerBound = <A>(items: readonly A[], isLess: (item: A) => boolean): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && isLess(item)) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether a list in the order of addresses has the address. */
export const hasAddress = (endpoints: readonly Endpoint[], address: Address): boolean => {
  const found = endpoints[lowerBound(endpoints, (other) => compareAddresses(other, address) < 0)]
  return found !== undefined && compareAddresses(found, address) === 0
}

/** Up to this many changes are made one by one. More of them are merged by sorting. */
const few = 32

/**
 * Endpoints in the order of host, port and id. A change costs a binary search, and a copy of the list of pointers when
 * the list is looked at.
 */
export class SortedEndpoints {
  #list: readonly Endpoint[] = []
  readonly #added = new Set<Endpoint>()
  readonly #removed = new Set<Endpoint>()
  #shares = 0

  /** Whether any endpoint has a share of a deployment. */
  get haveShares(): boolean {
    return this.#shares > 0
  }

  add(endpoint: Endpoint): void {
    if (endpoint.share !== undefined) this.#shares++
    if (!this.#removed.delete(endpoint)) this.#added.add(endpoint)
  }

  /** Removes this object, not one that equals it. */
  remove(endpoint: Endpoint): void {
    if (endpoint.share !== undefined) this.#shares--
    if (!this.#added.delete(endpoint)) this.#removed.add(endpoint)
  }

  /** The list as it is now. It never changes; a later call returns another one. */
  get list(): readonly Endpoint[] {
    const changes = this.#added.size + this.#removed.size
    if (changes === 0) return this.#list
    this.#list = changes > few ? this.#merged() : this.#edited()
    this.#added.clear()
    this.#removed.clear()
    return this.#list
  }

  #edited(): readonly Endpoint[] {
    const list = this.#list.slice()
    const placeOf = (endpoint: Endpoint): number =>
      lowerBound(list, (other) => compareEndpoints(other, endpoint) < 0)
    for (const endpoint of this.#removed) {
      const at = list.indexOf(endpoint, placeOf(endpoint))
      if (at >= 0) list.splice(at, 1)
    }
    for (const endpoint of this.#added) list.splice(placeOf(endpoint), 0, endpoint)
    return list
  }

  #merged(): readonly Endpoint[] {
    const kept = this.#removed.size === 0 ? this.#list : this.#list.filter((each) => !this.#removed.has(each))
    return kept.concat([...this.#added]).sort(compareEndpoints)
  }
}
