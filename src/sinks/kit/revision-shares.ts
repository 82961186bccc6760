/** Which revisions the endpoints of a backend are of, and how its requests are shared between them. Pure. */
import { type Endpoint, trafficWeight } from '../../core/desired.js'
import { splitWeights } from '../../core/split-weights.js'

export interface RevisionShare {
  /** Identifies it within the backend: its service and the revision. */
  readonly revision: string
  /** The deployment replaces it, or none is in progress. */
  readonly isSource: boolean
  /** An integer: relative to those of the other revisions. */
  readonly weight: number
  readonly endpoints: readonly Endpoint[]
}

export interface RevisionShares {
  /** Ordered by `revision`; none if no endpoint has a share. */
  readonly revisions: readonly RevisionShare[]
  /** Whether requests must be split between them: a service has endpoints of several revisions. */
  readonly isSplit: boolean
  /** What is left for revisions without a known endpoint, as a weight; 0 if it cannot be told. */
  readonly rest: number
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

const percentOf = ({ share }: Endpoint): number => share?.percent ?? 100

const serviceOf = ({ cluster, group = '' }: Endpoint): string => `${cluster} ${group}`

const grouped = (
  endpoints: readonly Endpoint[],
  keyOf: (endpoint: Endpoint) => string,
): ReadonlyMap<string, readonly Endpoint[]> => {
  const groups = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints) {
    const key = keyOf(endpoint)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [endpoint])
    else group.push(endpoint)
  }
  return groups
}

/** Percentages with decimals are scaled to integers; one above 0 stays above 0. */
const scaleOf = (endpoints: readonly Endpoint[]): number =>
  endpoints.every((endpoint) => Number.isInteger(percentOf(endpoint))) ? 1 : 100

const noShares: RevisionShares = { revisions: [], isSplit: false, rest: 0 }

/**
 * The weights are the percentages of the deployment. Where several services share the backend, each has as many parts
 * of the requests as it has endpoints, as in `balanced`.
 */
export const revisionShares = (endpoints: readonly Endpoint[]): RevisionShares => {
  if (endpoints.every(({ share }) => share === undefined)) return noShares
  const services = grouped(endpoints, serviceOf)
  const unit = [...services.values()].reduce((divisor, { length }) => gcd(divisor, length), 0)
  const scale = scaleOf(endpoints)
  const revisions: RevisionShare[] = []
  let isSplit = false
  for (const [service, all] of services) {
    const own = grouped(all, ({ share }) => `${service} ${share?.revision ?? ''}`)
    if (own.size > 1) isSplit = true
    for (const [revision, its] of own) {
      const [first] = its
      const percent = first === undefined ? 0 : percentOf(first)
      revisions.push({
        revision,
        isSource: first?.share?.role === 'source',
        weight: percent === 0 ? 0 : Math.max(1, Math.round(percent * scale)) * (all.length / unit),
        endpoints: its,
      })
    }
  }
  const taken = revisions.reduce((sum, { weight }) => sum + weight, 0)
  return {
    revisions: revisions.sort((a, b) => (a.revision < b.revision ? -1 : 1)),
    isSplit,
    rest: services.size === 1 ? Math.max(0, 100 * scale - taken) : 0,
  }
}

/**
 * The revision that parts of a record belong to that no endpoint explains: the replaced one. `undefined`: one without a
 * known endpoint, which has the rest of the requests. A new revision must not get more than its share while the others
 * are unknown, nor while it is unknown itself: a worker may know the replaced revision first.
 */
export const heirOf = ({ revisions, rest }: RevisionShares): RevisionShare | undefined =>
  rest === 0 ? (revisions.find(({ isSource }) => isSource) ?? revisions[0]) : undefined

export interface ShareWeights {
  /** Of the endpoints, in their order. */
  readonly endpoints: readonly number[]
  /** Of each other part of the record. */
  readonly others: number
}

/**
 * The weights of the endpoints of one record and of its parts that no endpoint explains, which are `others` in number.
 * `undefined` if no endpoint has a share: every part then keeps its own.
 */
export const shareWeights = (endpoints: readonly Endpoint[], others: number): ShareWeights | undefined => {
  const shares = revisionShares(endpoints)
  if (shares.revisions.length === 0) return undefined
  if (others === 0) return { endpoints: endpoints.map((endpoint) => trafficWeight(endpoint) ?? 1), others: 1 }
  const heir = heirOf(shares)
  const revisionOf = new Map(
    shares.revisions.flatMap((one) => one.endpoints.map((endpoint) => [endpoint, one])),
  )
  const unknown = { revision: heir?.revision ?? '', percent: heir?.weight ?? shares.rest, weight: 1 }
  const weights = splitWeights([
    ...endpoints.map((endpoint) => {
      const { revision = '', weight: percent = 0 } = revisionOf.get(endpoint) ?? {}
      return { revision, percent, weight: endpoint.weight ?? 1 }
    }),
    ...Array.from({ length: others }, () => unknown),
  ])
  return { endpoints: weights.slice(0, endpoints.length), others: weights[endpoints.length] ?? 1 }
}
