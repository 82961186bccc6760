import type { ClusterArn, TaskArn } from './arn.js'
import { balanced } from './balanced.js'
import { type Claim, originOf, sameEndpoint, type TaskClaims } from './claim.js'
import type { Completeness } from './completeness.js'
import { type Address, type Backend, compareAddresses, type Endpoint } from './desired.js'
import { firstByArn } from './first-by-arn.js'
import type { BackendName } from './policy.js'
import { hasAddress, SortedEndpoints } from './sorted-endpoints.js'

const sameEndpoints = (a: readonly Endpoint[], b: readonly Endpoint[]): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((endpoint, i) => {
      const other = b[i]
      return endpoint === other || (other !== undefined && sameEndpoint(endpoint, other))
    }))

const sameAddresses = (a: readonly Address[], b: readonly Address[]): boolean =>
  a.length === b.length &&
  a.every((address, i) => {
    const other = b[i]
    return other !== undefined && compareAddresses(address, other) === 0
  })

/**
 * Maximum number of reported tasks per backend name that do not get it. People need a few examples; thousands of tasks
 * that claim one name would otherwise cost every event as many reports.
 */
export const mostLosers = 100

const leastOf = (texts: Iterable<string>): string | undefined => {
  let least: string | undefined
  for (const text of texts) if (least === undefined || text < least) least = text
  return least
}

/** A task that claims a name and does not get it. */
export interface Loser {
  readonly task: TaskArn
  readonly cluster: ClusterArn
}

/** The address that must leave the backend unless one of its endpoints has it. */
const removable = (claim: Claim): Address | undefined => {
  switch (claim._tag) {
    case 'Gone':
      return claim.address
    case 'Unhealthy':
      return claim.endpoint
    case 'Live':
      return claim.endpoint.share === undefined ? undefined : claim.endpoint
    case 'Waiting':
      return undefined
  }
}

/** How often each of some keys occurs. Of most backends none does, and an empty map takes 200 bytes. */
class Counts<K> {
  #counts: Map<K, number> | undefined

  add(key: K, by: 1 | -1): void {
    this.#counts ??= new Map()
    const count = (this.#counts.get(key) ?? 0) + by
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }

  has(key: K): boolean {
    return this.#counts?.has(key) ?? false
  }

  get size(): number {
    return this.#counts?.size ?? 0
  }

  keys(): Iterable<K> {
    return this.#counts?.keys() ?? []
  }
}

interface Lists {
  readonly live: SortedEndpoints
  readonly unhealthy: SortedEndpoints
}

const noLists = (): Lists => ({ live: new SortedEndpoints(), unhealthy: new SortedEndpoints() })

/** What the tasks of one cluster and group claim. */
interface OriginClaims {
  readonly cluster: ClusterArn
  readonly origin: string
  /** The number of tasks. */
  claimants: number
  /** The number of tasks that are live, or wait. */
  active: number
  readonly waiting: Counts<TaskArn>
  /** Addresses as `<host> <port>`. */
  readonly removable: Counts<string>
  readonly lists: Lists
}

const keyOf = ({ host, port }: Address): string => `${host} ${port}`

const addressOf = (key: string): Address => {
  const at = key.indexOf(' ')
  return { host: key.slice(0, at), port: Number(key.slice(at + 1)) }
}

/**
 * All claims to one backend name. An update costs the changed claims, and the logarithm of the number of endpoints; an
 * incomplete backend also costs the addresses that it removes.
 */
export class BackendClaims {
  readonly #origins = new Map<string, OriginClaims>()
  /** If all origins share the name. */
  readonly #pool: Lists | undefined
  #holderIsKnown = false
  #knownHolder: string | undefined
  /** The hosts that waiting tasks are on; `undefined` is a host that is not known yet. */
  readonly #waitingOn = new Counts<string | undefined>()
  #built: Backend | undefined

  constructor(
    private readonly name: BackendName,
    pooled: boolean,
  ) {
    this.#pool = pooled ? noLists() : undefined
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0
  }

  /** Replaces the claims of a task. `before`: as given last. */
  replace(before: TaskClaims | undefined, after: TaskClaims | undefined): void {
    this.#holderIsKnown = false
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  /**
   * The origin that holds the name: the least of those with live or waiting tasks, so that the order of arrival does
   * not matter. `undefined` if all origins share the name.
   */
  get holder(): string | undefined {
    if (this.#pool !== undefined) return undefined
    // Cached, because it is read for each loser.
    if (!this.#holderIsKnown) {
      const active = [...this.#origins.values()].filter((origin) => origin.active > 0)
      this.#knownHolder = leastOf(active.map(({ origin }) => origin)) ?? leastOf(this.#origins.keys())
      this.#holderIsKnown = true
    }
    return this.#knownHolder
  }

  /**
   * Live or waiting tasks of other origins than the holder: the first `mostLosers` by ARN, so that the order of arrival
   * does not matter.
   */
  get losers(): readonly Loser[] {
    if (this.#pool !== undefined || this.#origins.size < 2) return []
    const { holder } = this
    const others = [...this.#origins.values()].filter(({ origin }) => origin !== holder)
    return firstByArn(
      others.flatMap(({ cluster, lists, waiting }) =>
        [
          ...waiting.keys(),
          ...[lists.live, lists.unhealthy].flatMap(({ list }) => list.map(({ task }) => task)),
        ].map((task) => ({ task, cluster })),
      ),
      mostLosers,
    )
  }

  /** Whether there are addresses that an incomplete backend would remove. */
  get mayRemove(): boolean {
    for (const { removable } of this.#origins.values()) if (removable.size > 0) return true
    return false
  }

  build(completeness: Completeness): Backend {
    const endpoints = this.#endpoints()
    const complete = this.#waitingOn.size === 0 && this.#isKnown(completeness)
    const gone = complete ? [] : this.#gone(endpoints, completeness)
    if (
      this.#built?.complete !== complete ||
      this.#built.endpoints !== endpoints ||
      !sameAddresses(this.#built.gone, gone)
    )
      this.#built = { name: this.name, endpoints, gone, complete }
    return this.#built
  }

  /** The same list as before if its content is the same. Lists of the same length are compared up to a difference. */
  #endpoints(): readonly Endpoint[] {
    const { live, unhealthy } = this.#pool ?? this.#origins.get(this.holder ?? '')?.lists ?? noLists()
    const offered = live.haveShares ? balanced(live.list) : live.list
    const endpoints =
      offered.length > 0 ? offered : unhealthy.haveShares ? balanced(unhealthy.list) : unhealthy.list
    const before = this.#built?.endpoints
    return before !== undefined && sameEndpoints(before, endpoints) ? before : endpoints
  }

  #isKnown(completeness: Completeness): boolean {
    const { holder } = this
    for (const origin of this.#origins.values())
      if ((holder === undefined || origin.origin === holder) && !completeness.knows(origin)) return false
    return true
  }

  /**
   * Addresses to remove. They include those of tasks that are unhealthy or held back, and not exposed. A live task whose
   * address or name is not fully known may have taken over any address of its host, or any address at all, so those are
   * kept.
   */
  #gone(endpoints: readonly Endpoint[], completeness: Completeness): readonly Address[] {
    if (this.#waitingOn.has(undefined)) return []
    const gone = new Map<string, Address>()
    for (const origin of this.#origins.values()) {
      if (!completeness.mayRemove(origin)) continue
      for (const key of origin.removable.keys()) {
        const address = addressOf(key)
        const mayBeTaken =
          this.#waitingOn.has(address.host) || completeness.mayHost(origin.cluster, address.host)
        if (!mayBeTaken && !hasAddress(endpoints, address)) gone.set(key, address)
      }
    }
    return [...gone.values()].sort(compareAddresses)
  }

  #originOf(claimant: TaskClaims): OriginClaims {
    const { cluster } = claimant
    const origin = originOf(claimant)
    const known = this.#origins.get(origin)
    if (known !== undefined) return known
    const added: OriginClaims = {
      cluster,
      origin,
      claimants: 0,
      active: 0,
      waiting: new Counts(),
      removable: new Counts(),
      lists: this.#pool ?? noLists(),
    }
    this.#origins.set(origin, added)
    return added
  }

  #count(claimant: TaskClaims, by: 1 | -1): void {
    const claims = claimant.claims.filter(({ backend }) => backend === this.name)
    if (claims.length === 0) return
    const origin = this.#originOf(claimant)
    origin.claimants += by
    if (claims.some(({ _tag }) => _tag !== 'Gone')) origin.active += by
    for (const claim of claims) {
      const address = removable(claim)
      if (address !== undefined) origin.removable.add(keyOf(address), by)
      this.#list(claim, claimant.task, origin, by)
    }
    if (origin.claimants === 0) this.#origins.delete(origin.origin)
  }

  #list(claim: Claim, task: TaskArn, { lists, waiting }: OriginClaims, by: 1 | -1): void {
    switch (claim._tag) {
      case 'Live':
      case 'Unhealthy': {
        const list = claim._tag === 'Live' ? lists.live : lists.unhealthy
        if (by === 1) list.add(claim.endpoint)
        else list.remove(claim.endpoint)
        return
      }
      case 'Waiting':
        this.#waitingOn.add(claim.host, by)
        waiting.add(task, by)
        return
      case 'Gone':
    }
  }
}
