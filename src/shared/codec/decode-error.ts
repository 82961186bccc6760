import type { ValidationError } from 'io-ts'
import { isObject } from './json-object.js'

/** Validation of a list stops after this many errors, because a message of a mebibyte can contain half a million. */
export const maxErrors = 100

/**
 * What is wrong at one path of a message. Safe to log: messages can contain secrets such as environment overrides, and
 * a malformed one can have them anywhere. Values are therefore described, and quoted only if they are short and plain.
 */
export interface DecodeError {
  /**
   * The path from the root `$`, such as `$.detail.containers[0].name`. JSON inside a text continues its path:
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

/** Matches names, statuses, numbers and ARNs. A document inside a string, or part of one, has other characters. */
const isPlain = (text: string): boolean => /^[\w ./:-]*$/.test(text)

/** Describes a text with unexpected content by its length and first character, because all of it may be secret. */
export const describeText = (text: string): string =>
  text === ''
    ? 'empty text'
    : `text of ${text.length} characters that starts with ${JSON.stringify(text.charAt(0))}`

const describeString = (text: string): string =>
  text.length <= SHOWN_CHARACTERS && isPlain(text) ? JSON.stringify(text) : describeText(text)

/** Keys can be anything, too: control characters, lone surrogates, a mebibyte of text. */
const shownKey = (key: string): string =>
  key.length <= SHOWN_CHARACTERS && isPlain(key) ? key : `(${describeText(key)})`

/** Describes an unexpected value. */
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
    // io-ts adds a context entry for each member of an intersection, with the same value. Those add nothing to the
    // path.
    return i === 0 || actual === parent ? path : path + step(key, parent)
  }, root)
  return { path, expected: context.at(-1)?.type.name ?? 'something else', received: describe(value) }
}

/** The errors that io-ts found in the value at path `root`, one per path, up to `maxErrors`. */
export const decodeErrors = (errors: readonly ValidationError[], root: string): readonly DecodeError[] => {
  const byPath = new Map<string, DecodeError>()
  for (const error of errors) {
    if (byPath.size >= maxErrors) break
    const found = decodeError(error, root)
    if (!byPath.has(found.path)) byPath.set(found.path, found)
  }
  return [...byPath.values()]
}

/** Formats errors for people: one line for each of the first 20, and the number of the rest. */
export const explain = (errors: readonly DecodeError[]): string => {
  const lines = errors
    .slice(0, SHOWN_ERRORS)
    .map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`)
  const more = errors.length - lines.length
  const atLeast = errors.length >= maxErrors ? 'at least ' : ''
  return (more > 0 ? [...lines, `… and ${atLeast}${more} more`] : lines).join('\n')
}
