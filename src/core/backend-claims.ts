/** All claims to one backend name. An update costs the changed claims and one pass over the endpoints. */
import type { TaskArn } from './arn.js'
import { balanced } from './balanced.js'
import { type Claim, sameEndpoint, type TaskClaims } from './claim.js'
import { type Address, type Backend, compareAddresses, type Endpoint } from './desired.js'
import type { BackendName } from './policy.js'
import type { Completeness } from './completeness.js'

const compareEndpoints = (a: Endpoint, b: Endpoint): number =>
  compareAddresses(a, b) || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)

/** `kept` is sorted, and `fresh` usually has one or two endpoints; inserting them is cheaper than sorting. */
const mergeEndpoints = (kept: readonly Endpoint[], fresh: readonly Endpoint[]): readonly Endpoint[] => {
  if (fresh.length === 0) return kept
  const merged = kept.slice()
  if (fresh.length > 8) return merged.concat(fresh).sort(compareEndpoints)
  for (const endpoint of fresh) {
    let low = 0
    let high = merged.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = merged[middle]
      if (other !== undefined && compareEndpoints(other, endpoint) < 0) low = middle + 1
      else high = middle
    }
    merged.splice(low, 0, endpoint)
  }
  return merged
}

const sameEndpoints = (a: readonly Endpoint[], b: readonly Endpoint[]): boolean =>
  a.length === b.length &&
  a.every((endpoint, i) => {
    const other = b[i]
    return endpoint === other || (other !== undefined && sameEndpoint(endpoint, other))
  })

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

/** The index of a task in a list that is sorted by ARN. */
const placeOf = (ordered: readonly TaskClaims[], task: TaskArn): number => {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = ordered[middle]
    if (other !== undefined && other.task < task) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether the address of a claim must leave the backend, unless it is one of its endpoints. */
const isRemovable = (claim: Exclude<Claim, { _tag: 'Waiting' }>): boolean =>
  claim._tag !== 'Live' || claim.endpoint.share !== undefined

export class BackendClaims {
  private holderIsKnown = false
  private knownHolder: string | undefined
  private readonly claimants = new Map<TaskArn, TaskClaims>()
  /** The number of live or waiting tasks that claim the name, by origin. */
  private readonly active = new Map<string, number>()
  private waiting = 0
  private changed = new Set<TaskArn>()
  private built: Backend | undefined
  private builtFor: string | undefined
  /** The holder's live endpoints in the last build, sorted. */
  private live: readonly Endpoint[] = []
  private unhealthy: readonly Endpoint[] = []

  constructor(
    private readonly name: BackendName,
    private readonly pooled: boolean,
  ) {}

  get isEmpty(): boolean {
    return this.claimants.size === 0
  }

  set(task: TaskArn, claims: TaskClaims | undefined): void {
    this.holderIsKnown = false
    const before = this.claimants.get(task)
    if (before !== undefined) this.count(before, -1)
    if (claims === undefined) this.claimants.delete(task)
    else {
      this.claimants.set(task, claims)
      this.count(claims, 1)
    }
    this.changed.add(task)
  }

  /**
   * The origin that holds the name: the least of those with live or waiting tasks, so that the order of arrival does
   * not matter. `undefined` if all origins share the name.
   */
  get holder(): string | undefined {
    if (this.pooled) return undefined
    // Cached, because it is read for each loser.
    if (!this.holderIsKnown) {
      this.knownHolder =
        leastOf(this.active.keys()) ?? leastOf(Array.from(this.claimants.values(), ({ origin }) => origin))
      this.holderIsKnown = true
    }
    return this.knownHolder
  }

  /**
   * Live or waiting tasks of other origins than the holder: the first `mostLosers` by ARN, so that the order of arrival
   * does not matter.
   */
  get losers(): readonly TaskClaims[] {
    if (this.pooled || this.active.size < 2) return []
    const { holder } = this
    const losers: TaskClaims[] = []
    for (const claimant of this.claimants.values()) {
      if (claimant.origin === holder || !this.isActive(claimant)) continue
      const last = losers.at(-1)
      if (losers.length === mostLosers && last !== undefined && claimant.task > last.task) continue
      losers.splice(placeOf(losers, claimant.task), 0, claimant)
      if (losers.length > mostLosers) losers.pop()
    }
    return losers
  }

  build(completeness: Completeness): Backend {
    const { holder } = this
    const mine = (claimant: TaskClaims | undefined): claimant is TaskClaims =>
      claimant !== undefined && (holder === undefined || claimant.origin === holder)
    // If the holder is the same, only the endpoints of changed tasks are rebuilt.
    const same = this.built !== undefined && this.builtFor === holder
    const fresh = (
      same ? [...this.changed].map((task) => this.claimants.get(task)) : [...this.claimants.values()]
    ).filter(mine)
    const renewed = (last: readonly Endpoint[], tag: 'Live' | 'Unhealthy'): readonly Endpoint[] =>
      mergeEndpoints(
        same ? last.filter(({ task }) => !this.changed.has(task)) : [],
        fresh.flatMap((claimant) => this.endpointsOf(claimant, tag)),
      )
    this.live = renewed(this.live, 'Live')
    this.unhealthy = renewed(this.unhealthy, 'Unhealthy')
    const offered = balanced(this.live)
    const endpoints = offered.length > 0 ? offered : balanced(this.unhealthy)
    const complete = this.waiting === 0 && this.everyCluster(completeness, mine)
    const gone = complete ? [] : this.gone(endpoints, completeness)
    this.changed = new Set()
    this.builtFor = holder
    if (
      this.built?.complete !== complete ||
      !sameEndpoints(this.built.endpoints, endpoints) ||
      !sameAddresses(this.built.gone, gone)
    )
      this.built = { name: this.name, endpoints, gone, complete }
    return this.built
  }

  private endpointsOf({ claims }: TaskClaims, tag: 'Live' | 'Unhealthy'): readonly Endpoint[] {
    return claims.flatMap((claim) =>
      claim._tag === tag && claim.backend === this.name ? [claim.endpoint] : [],
    )
  }

  private everyCluster(completeness: Completeness, mine: (claimant: TaskClaims) => boolean): boolean {
    for (const claimant of this.claimants.values()) {
      if (!mine(claimant)) continue
      // Without pooling, all of the holder's tasks are in one cluster, so the first one decides.
      if (!this.pooled) return completeness.knows(claimant)
      if (!completeness.knows(claimant)) return false
    }
    return true
  }

  /**
   * Addresses to remove. They include those of tasks that are unhealthy or held back, and not exposed. A live task whose address is not
   * fully known may have taken over any address of its host, or any address at all, so those are kept.
   */
  private gone(endpoints: readonly Endpoint[], completeness: Completeness): readonly Address[] {
    const live = new Set(endpoints.map(({ host, port }) => `${host} ${port}`))
    const waitingOn = new Set<string | undefined>()
    const gone = new Map<string, Address>()
    for (const claimant of this.claimants.values())
      for (const claim of claimant.claims) {
        if (claim.backend !== this.name) continue
        if (claim._tag === 'Waiting') waitingOn.add(claim.host)
        else if (isRemovable(claim) && completeness.mayRemove(claimant)) {
          const { host, port } = claim._tag === 'Gone' ? claim.address : claim.endpoint
          gone.set(`${host} ${port}`, { host, port })
        }
      }
    if (waitingOn.has(undefined)) return []
    return [...gone]
      .filter(([key, { host }]) => !live.has(key) && !waitingOn.has(host))
      .map(([, address]) => address)
      .sort(compareAddresses)
  }

  private isActive({ claims }: TaskClaims): boolean {
    return claims.some((claim) => claim.backend === this.name && claim._tag !== 'Gone')
  }

  private count(claimant: TaskClaims, by: 1 | -1): void {
    if (claimant.claims.some((claim) => claim.backend === this.name && claim._tag === 'Waiting'))
      this.waiting += by
    if (!this.isActive(claimant)) return
    const active = (this.active.get(claimant.origin) ?? 0) + by
    if (active === 0) this.active.delete(claimant.origin)
    else this.active.set(claimant.origin, active)
  }
}
