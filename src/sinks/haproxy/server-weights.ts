/** Weights as HAProxy takes them. Pure. */

/** HAProxy's greatest weight of a server. */
export const mostWeight = 256

const isExact = (weight: number): boolean => Number.isInteger(weight) && weight >= 0 && weight <= mostWeight

/**
 * Whole numbers from 0 to 256 in the proportion of these weights: the weights themselves if they are such numbers,
 * otherwise scaled so that the greatest is 256. A weight above 0 stays above 0. A weight below 0 counts as 0.
 */
export const fittedWeights = (weights: readonly number[]): readonly number[] => {
  if (weights.every(isExact)) return weights
  const greatest = weights.reduce((a, b) => Math.max(a, b), 0)
  return weights.map((weight) => (weight > 0 ? Math.max(1, Math.round((weight / greatest) * mostWeight)) : 0))
}
