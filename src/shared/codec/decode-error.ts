import type { ValidationError } from 'io-ts'
import { isObject, maxErrors } from './lenient.js'

/**
 * What is wrong with one place of a message. Safe to log: messages carry environment overrides, which are secrets,
 * and in a broken one anything may stand anywhere, so what came is described, and quoted only where that is short and
 * plain.
 */
export interface DecodeError {
  /**
   * From the root `$`, e.g. `$.detail.containers[0].name`. What is inside a text counts as inside its place:
   * `$.Message.detail`.
   */
  readonly path: string
  readonly expected: string
  readonly received: string
}

const SHOWN_CHARACTERS = 80
const SHOWN_KEYS = 10
const SHOWN_ERRORS = 20

const cut = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`

/** Names, statuses, numbers and ARNs. A document inside a string, or a part of one, has other characters. */
const isPlain = (text: string): boolean => /^[\w ./:-]*$/.test(text)

/**
 * Describes a text that is not what it should be inside: by its length and how it starts, as all of it may be secret.
 */
export const describeText = (text: string): string =>
  text === ''
    ? 'empty text'
    : `text of ${text.length} characters that starts with ${JSON.stringify(text.charAt(0))}`

const describeString = (text: string): string =>
  text.length <= SHOWN_CHARACTERS && isPlain(text) ? JSON.stringify(text) : describeText(text)

/** Keys may be anything, too: control characters, half a character, a mebibyte. */
const shownKey = (key: string): string =>
  key.length <= SHOWN_CHARACTERS && isPlain(key) ? key : `(${describeText(key)})`

/** Describes a value that stands where another should. */
export const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return describeString(value)
  if (Array.isArray(value)) return `array of ${value.length}`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!isObject(value)) return `a ${typeof value}`
  const keys = Object.keys(value)
  const more = keys.length > SHOWN_KEYS ? ` and ${keys.length - SHOWN_KEYS} more` : ''
  return keys.length === 0
    ? 'empty object'
    : `object with keys ${cut(keys.slice(0, SHOWN_KEYS).map(shownKey).join(', '))}${more}`
}

const step = (key: string, parent: unknown): string =>
  Array.isArray(parent) ? `[${key}]` : `.${shownKey(key)}`

const decodeError = ({ context, value }: ValidationError, root: string): DecodeError => {
  const path = context.reduce((path, { key, actual }, i) => {
    const parent = context[i - 1]?.actual
    // io-ts also enters the members of an intersection, which look at the same value; no value is inside itself.
    return i === 0 || actual === parent ? path : path + step(key, parent)
  }, root)
  return { path, expected: context.at(-1)?.type.name ?? 'something else', received: describe(value) }
}

/** What io-ts found wrong with the value at path `root`, once for each place; of very many the first `maxErrors`. */
export const decodeErrors = (errors: readonly ValidationError[], root: string): readonly DecodeError[] => {
  const byPath = new Map<string, DecodeError>()
  for (const error of errors) {
    if (byPath.size >= maxErrors) break
    const found = decodeError(error, root)
    if (!byPath.has(found.path)) byPath.set(found.path, found)
  }
  return [...byPath.values()]
}

/** For people: a line for each of the first 20, and how many more there are. */
export const explain = (errors: readonly DecodeError[]): string => {
  const lines = errors
    .slice(0, SHOWN_ERRORS)
    .map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`)
  const more = errors.length - lines.length
  const atLeast = errors.length >= maxErrors ? 'at least ' : ''
  return (more > 0 ? [...lines, `… and ${atLeast}${more} more`] : lines).join('\n')
}
