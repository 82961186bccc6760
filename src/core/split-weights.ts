/** One endpoint of a revision. */
export interface Weighed {
  readonly revision: string
  /** The percentage of the backend's requests that goes to all endpoints of the revision together. */
  readonly percent: number
  /** The endpoint's part of that, relative to the others of its revision. */
  readonly weight: number
}

/** The greatest weight that every target can hold: the 16 bits of an SRV record. */
export const maxWeight = 65_535

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** Percentages have at most this many steps: two digits after the point. */
const steps = 100

const isWhole = (weight: number): boolean => Number.isInteger(weight) && weight >= 0

/** The exact weights as small integers, or `undefined` if there are none that small. */
const exact = (all: readonly Weighed[], sums: ReadonlyMap<string, number>): readonly number[] | undefined => {
  if (!all.every(({ weight }) => isWhole(weight))) return undefined
  let multiple = 1
  for (const sum of sums.values()) {
    if (sum === 0) continue
    multiple = (multiple / gcd(multiple, sum)) * sum
    if (multiple > maxWeight * steps) return undefined
  }
  const weights = all.map(({ revision, percent, weight }) => {
    const sum = sums.get(revision) ?? 0
    return sum === 0 ? 0 : Math.round(percent * steps) * (multiple / sum) * weight
  })
  const divisor = weights.reduce(gcd, 0)
  if (divisor === 0) return weights
  const reduced = weights.map((weight) => weight / divisor)
  return reduced.every((weight) => weight <= maxWeight) ? reduced : undefined
}

/**
 * Integer weights, 0 to 65,535, such that each revision gets its percentage of requests that are balanced by weight,
 * however many endpoints it has. Exact where small integers can be; otherwise rounded, but never to 0 for an endpoint
 * that has a part. Revisions without endpoints count nothing: the others share the traffic in proportion.
 */
export const splitWeights = (all: readonly Weighed[]): readonly number[] => {
  const sums = new Map<string, number>()
  for (const { revision, weight } of all) sums.set(revision, (sums.get(revision) ?? 0) + weight)
  const small = exact(all, sums)
  if (small !== undefined) return small
  const parts = all.map(({ revision, percent, weight }) => {
    const sum = sums.get(revision) ?? 0
    return sum === 0 ? 0 : (percent * weight) / sum
  })
  const greatest = parts.reduce((a, b) => Math.max(a, b), 0)
  return parts.map((part) => (part === 0 ? 0 : Math.max(1, Math.round((part / greatest) * maxWeight))))
}
