import type { EndpointId } from './arn.js'
import { sameEndpoint } from './claim.js'
import { type Address, compareAddresses, type Endpoint } from './desired.js'
import { lowerBound } from './lower-bound.js'

const compareEndpoints = (a: Endpoint, b: Endpoint): number =>
  compareAddresses(a, b) || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)

/** Whether a list in the order of addresses has the address. */
export const hasAddress = (endpoints: readonly Endpoint[], address: Address): boolean => {
  const found = endpoints[lowerBound(endpoints, (other) => compareAddresses(other, address) < 0)]
  return found !== undefined && compareAddresses(found, address) === 0
}

/** Up to this many changes are made one by one. More of them are merged by sorting. */
const few = 8

/** Removes the items of both lists that equal each other. */
const cancel = (added: Endpoint[], removed: Endpoint[]): void => {
  for (let i = removed.length - 1; i >= 0; i--) {
    const was = removed[i]
    const at = was === undefined ? -1 : added.findIndex((is) => sameEndpoint(is, was))
    if (at < 0) continue
    added.splice(at, 1)
    removed.splice(i, 1)
  }
}

/**
 * Endpoints in the order of host, port and id. A change costs a binary search, and a copy of the list of pointers when
 * the list is looked at.
 */
export class SortedEndpoints {
  #list: readonly Endpoint[] = []
  #added: Endpoint[] = []
  #removed: Endpoint[] = []
  #shares = 0

  /** Whether any endpoint has a share of a deployment. */
  get haveShares(): boolean {
    return this.#shares > 0
  }

  add(endpoint: Endpoint): void {
    if (endpoint.share !== undefined) this.#shares++
    this.#added.push(endpoint)
  }

  /** Removes one that equals this one, which was added before. */
  remove(endpoint: Endpoint): void {
    if (endpoint.share !== undefined) this.#shares--
    this.#removed.push(endpoint)
  }

  /** The list as it is now. It never changes; a later call returns another one if its content differs. */
  get list(): readonly Endpoint[] {
    const [added, removed] = [this.#added, this.#removed]
    if (added.length + removed.length === 0) return this.#list
    this.#added = []
    this.#removed = []
    // A task that changes removes its endpoints and adds them again.
    if (added.length + removed.length <= few) cancel(added, removed)
    if (added.length + removed.length === 0) return this.#list
    this.#list =
      added.length + removed.length > few ? this.#merged(added, removed) : this.#edited(added, removed)
    return this.#list
  }

  #edited(added: readonly Endpoint[], removed: readonly Endpoint[]): readonly Endpoint[] {
    // A copy that grew afterwards would get room for half as many again, and large ones cost the collector far more.
    const list = this.#list.concat(added)
    let length = this.#list.length
    const placeOf = (endpoint: Endpoint): number =>
      lowerBound(list, (other) => compareEndpoints(other, endpoint) < 0, length)
    for (const endpoint of removed) {
      let at = placeOf(endpoint)
      // A task may have one port twice, with different labels.
      for (let other = list[at]; other !== undefined && !sameEndpoint(other, endpoint); other = list[at]) at++
      list.splice(at, 1)
      length--
    }
    for (const endpoint of added) {
      const at = placeOf(endpoint)
      for (let i = length; i > at; i--) list[i] = list[i - 1] ?? endpoint
      list[at] = endpoint
      length++
    }
    return list
  }

  #merged(added: readonly Endpoint[], removed: readonly Endpoint[]): readonly Endpoint[] {
    const left = new Map<EndpointId, Endpoint[]>()
    for (const endpoint of removed) left.set(endpoint.id, [...(left.get(endpoint.id) ?? []), endpoint])
    const isLeft = (endpoint: Endpoint): boolean => {
      const same = left.get(endpoint.id) ?? []
      const at = same.findIndex((other) => sameEndpoint(other, endpoint))
      if (at >= 0) same.splice(at, 1)
      return at >= 0
    }
    return this.#list
      .concat(added)
      .filter((endpoint) => !isLeft(endpoint))
      .sort(compareEndpoints)
  }
}
