/** A place in a log: a whole number in decimal digits, without leading zeros, of any length. */
export type LogPosition = string

/** The later of two positions. It is a total order of texts, so that even ill-formed positions have a join. */
export const laterPosition = (a: LogPosition, b: LogPosition): LogPosition => (isLater(b, a) ? b : a)

/** Whether `a` is after `b`. Numbers of more digits are greater, and those of as many are in the order of their texts. */
export const isLater = (a: LogPosition, b: LogPosition): boolean =>
  a.length === b.length ? a > b : a.length > b.length
