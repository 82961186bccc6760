/** The greatest weight of a record set in Route 53. */
const maxSetWeight = 255

/** A record set's part of the answers. */
export interface Weighed {
  /** Identifies the revision, or whatever else has its share together. */
  readonly revision: string
  readonly weight: number
}

/** Numbers up to `greatest` as integers up to 255, with a sum as near as possible, but not 0. */
const apportioned = (weights: readonly number[], greatest: number): readonly number[] => {
  const ideal = weights.map((weight) => (weight / greatest) * maxSetWeight)
  const sum = ideal.reduce((a, b) => a + b, 0)
  const floors = ideal.map(Math.floor)
  const missing = (sum === 0 ? 0 : Math.max(1, Math.round(sum))) - floors.reduce((a, b) => a + b, 0)
  const byRemainder = ideal
    .map((part, i) => ({ i, remainder: part - Math.floor(part) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i)
  const raised = new Set(byRemainder.slice(0, missing).map(({ i }) => i))
  return floors.map((floor, i) => (raised.has(i) ? floor + 1 : floor))
}

/**
 * Weights of record sets, 0 to 255, such that each revision keeps its share of the answers. They are unchanged if they
 * are that small. Otherwise a revision with a small share and many endpoints has some with weight 0, which get nothing:
 * with 1 for each of them it would get more than its share.
 */
export const setWeights = (all: readonly Weighed[]): readonly number[] => {
  const greatest = all.reduce((most, { weight }) => Math.max(most, weight), 0)
  if (greatest <= maxSetWeight) return all.map(({ weight }) => weight)
  const places = new Map<string, number[]>()
  for (const [i, { revision }] of all.entries()) {
    const of = places.get(revision)
    if (of === undefined) places.set(revision, [i])
    else of.push(i)
  }
  const weights = new Map<number, number>()
  for (const of of places.values()) {
    const its = apportioned(
      of.map((i) => all[i]?.weight ?? 0),
      greatest,
    )
    for (const [n, i] of of.entries()) weights.set(i, its[n] ?? 0)
  }
  return all.map((_, i) => weights.get(i) ?? 0)
}
