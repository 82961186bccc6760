/** `12.3 (11.0 – 14.1)`: the median of the rounds, the least and the greatest. */
export const spread = (values: readonly number[], format: (value: number) => string): string => {
  const sorted = [...values].sort((a, b) => a - b)
  const [median = NaN, least = NaN, greatest = NaN] = [
    sorted[Math.floor(sorted.length / 2)],
    sorted[0],
    sorted.at(-1),
  ]
  return `${format(median)} (${format(least)} – ${format(greatest)})`
}

/** By nearest rank. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
