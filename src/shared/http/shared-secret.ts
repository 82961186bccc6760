import { OptionError } from '../../core/option-error.js'
import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Hashes have one length, so that comparing them tells nothing of a secret's, and any difference spreads over all of
 * it.
 */
const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Secrets that are valid together: several while one replaces another. None may be empty. */
export type Secrets = readonly string[]

/**
 * Whether what came is one of these secrets, in a time that depends on none of them. Throws when there is none, or an
 * empty one.
 */
export const sharedSecret = (option: string, values: Secrets): ((given: string | undefined) => boolean) => {
  if (values.length === 0 || values.includes(''))
    throw new OptionError(`${option} must be one or more secrets, none of them empty`)
  const known = values.map(hash)
  return (given = '') => {
    const came = hash(given)
    // No early end: each is compared.
    return known.filter((secret) => timingSafeEqual(secret, came)).length > 0
  }
}
