import { OptionError } from '../../core/option-error.js'
import { createHash, timingSafeEqual } from 'node:crypto'

/** Hashes have a fixed length, so comparing them does not reveal the length of a secret. */
const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Secrets that are valid together: several while one replaces another. None may be empty. */
export type Secrets = readonly string[]

/** The name of a header in lower case. Throws an OptionError if it is not one. */
export const headerName = (option: string, name: string): string => {
  if (!/^[!#$%&'*+.^_`|~\dA-Za-z-]+$/.test(name))
    throw new OptionError(`${option}: expected the name of a header, got "${name}"`)
  return name.toLowerCase()
}

/**
 * Returns a function that checks whether a text is one of the secrets, in constant time. Throws an OptionError if
 * `values` is empty or contains an empty secret.
 */
export const sharedSecret = (option: string, values: Secrets): ((given: string | undefined) => boolean) => {
  if (values.length === 0 || values.includes(''))
    throw new OptionError(
      `${option}: expected one or more non-empty secrets, got ${values.length === 0 ? 'none' : 'an empty one'}`,
    )
  const known = values.map(hash)
  return (given = '') => {
    const came = hash(given)
    // `filter` compares every secret; `some` would stop early.
    return known.filter((secret) => timingSafeEqual(secret, came)).length > 0
  }
}
