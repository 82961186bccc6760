/**
 * Identifiers in the forms of AWS, made of small numbers: the same history always has the same ones, and they are
 * readable in counter-examples.
 */

/** Lower-case hexadecimal digits, as in the ids of tasks, instances and interfaces. */
export const hexId = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** The UUID of part `part` of the `n`th thing. */
export const uuid = (n: number, part: number): string => `${hexId(part, 8)}-0000-4000-8000-${hexId(n, 12)}`
