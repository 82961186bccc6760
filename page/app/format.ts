import type { Millis } from '../../src/core/clock.js'

const units: readonly (readonly [ms: Millis, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/** A duration in its largest whole unit, such as `40 s`. */
export const duration = (ms: Millis): string => {
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1, 'ms']
  const amount = ms / size
  return `${unit === 's' && amount < 10 ? amount.toFixed(1) : Math.floor(Math.max(0, amount))} ${unit}`
}

/** A time in UTC, to the second. */
export const moment = (at: Millis): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')

const numbers = new Intl.NumberFormat('en')

export const number = (amount: number): string => numbers.format(amount)

export const counted = (amount: number, noun: string): string =>
  `${number(amount)} ${noun}${amount === 1 ? '' : 's'}`
