import type { Plain } from '../../scripts/infrastructure/template.js'

/**
 * Whether a rule's pattern matches an event: every field that the pattern names is there, and has one of the values
 * listed. Only literal values: a pattern with operators is refused.
 */
export const matches = (pattern: Plain, event: unknown): boolean => {
  if (Array.isArray(pattern)) {
    const values = pattern as readonly Plain[]
    if (values.some((value) => typeof value === 'object')) throw new Error('an operator: it has to be taught')
    return Array.isArray(event)
      ? event.some((one) => values.includes(one as Plain))
      : values.includes(event as Plain)
  }
  if (typeof pattern !== 'object') throw new Error(`a value outside of a list: ${String(pattern)}`)
  return Object.entries(pattern).every(
    ([key, inner]) =>
      typeof event === 'object' &&
      event !== null &&
      key in event &&
      matches(inner, (event as Readonly<Record<string, unknown>>)[key]),
  )
}
