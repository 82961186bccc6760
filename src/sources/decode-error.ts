import type { Context, Errors, ValidationError } from 'io-ts'
import { isObject } from './lenient.js'

/** What is wrong with one place of a message. Safe to log: see `received`. */
export interface DecodeError {
  /** From the root `$`, e.g. `$.detail.containers[0].name`. */
  readonly path: string
  readonly expected: string
  /**
   * Described, not quoted, unless it is short and plain: a message carries environment overrides, which are secrets, and where it is
   * broken anything may stand anywhere.
   */
  readonly received: string
}

const SHOWN_CHARACTERS = 80
const SHOWN_KEYS = 10
const SHOWN_ERRORS = 20

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

const describeText = (text: string): string =>
  text === '' ? 'an empty string' : `a string of ${text.length} characters`

/** Describes a value that stands where another was expected. */
export const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (isObject(value)) {
    const keys = Object.keys(value)
    const shown = keys.slice(0, SHOWN_KEYS).map((key) => cut(key, SHOWN_CHARACTERS / 2))
    const more = keys.length > SHOWN_KEYS ? ` and ${keys.length - SHOWN_KEYS} more` : ''
    return keys.length === 0 ? 'an empty object' : `an object with keys ${shown.join(', ')}${more}`
  }
  return typeof value === 'string' ? describeText(value) : String(value)
}
