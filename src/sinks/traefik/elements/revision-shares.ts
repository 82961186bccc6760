/** Which revisions the endpoints of a backend are of, and the share of each. Pure. */
import type { Endpoint } from '../../../core/desired.js'

export interface RevisionShare {
  /** Identifies it within the backend: its service and the revision. */
  readonly revision: string
  /** The deployment replaces it. */
  readonly isSource: boolean
  /** An integer: relative to those of the other revisions. */
  readonly weight: number
  readonly endpoints: readonly Endpoint[]
}

export interface RevisionShares {
  /** Ordered by `revision`. */
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
  if (endpoints.every(({ share }) => share === undefined || share.revision === '')) return noShares
  const services = grouped(endpoints, serviceOf)
  const unit = [...services.values()].reduce((sum, { length }) => gcd(sum, length), 0)
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
