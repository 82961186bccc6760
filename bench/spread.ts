/** What several rounds gave: the one notion of spread of the bench. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly greatest: number
  readonly rounds: number
}

const ascending = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)

/** All `NaN` without values. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = ascending(values)
  const middle = (sorted.length - 1) / 2
  const [below = NaN, above = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return {
    median: (below + above) / 2,
    least: sorted[0] ?? NaN,
    greatest: sorted.at(-1) ?? NaN,
    rounds: sorted.length,
  }
}

/** `12.3 (11.0 – 14.1)`: the median of the rounds, the least and the greatest. */
export const spread = (values: readonly number[], format: (value: number) => string): string => {
  const { median, least, greatest, rounds } = spreadOf(values)
  return rounds === 1 ? format(median) : `${format(median)} (${format(least)} – ${format(greatest)})`
}

export const medianOf = (values: readonly number[]): number => spreadOf(values).median

/** The ratio of each round: both sides ran in the same rounds, so that what disturbed a round disturbed both. */
export const ratios = (values: readonly number[], base: readonly number[]): readonly number[] =>
  values.map((value, round) => value / (base[round] ?? NaN))

/** By nearest rank. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = ascending(values)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
