/** What our `@id`s say: which backend a handler is for, and who owns what is in it. Pure. */
import type { Owner } from '../../core/sink.js'

/** Caddy takes ids from paths, so they have no `/`, and does not understand escaped quotes in them. */
const encoded = (text: string): string => encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'))

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * The `@id` of the handler for a backend: the prefix and the name, in which everything but ASCII letters, digits and
 * `-_.!~*'()` is percent-encoded.
 * @example handlerId('ecs:', 'shop/web') === 'ecs:shop%2Fweb'
 */
export const handlerId = (prefix: string, backend: string): string => `${prefix}${encoded(backend)}`

/** The backend that an `@id` is for; `undefined` if it is none of ours. */
export const backendOfId = (prefix: string, id: string): string | undefined =>
  id.length > prefix.length && id.startsWith(prefix) ? decoded(id.slice(prefix.length)) : undefined

const ownerPrefix = 'owner:'

/** The `@id` by which the owner of a handler's upstreams is found again. It is unique, as Caddy's ids must be. */
export const ownerMark = (owner: Owner, id: string): string => `${ownerPrefix}${encoded(owner)}:${id}`

/** The owner that a mark names. A mark that somebody else made counts as an owner of its own. */
export const ownerIn = (mark: string): Owner => {
  const [, owner] = /^owner:([^:]+):/.exec(mark) ?? []
  return (owner === undefined ? undefined : decoded(owner)) ?? mark
}
