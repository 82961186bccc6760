/** The names of our servers in HAProxy, which carry their owner: `ecs:<owner>:<address>:<port>`. Pure. */
import type { Address } from '../../core/desired.js'
import type { Owner } from '../../core/sink.js'

/** What the name of one of our servers says. */
export interface ServerName {
  readonly owner: Owner
  /** Whether it is the server that keeps the ownership of a backend without tasks. */
  readonly isKeeper: boolean
}

/** HAProxy allows letters, digits and `-_.:` in names. `_` begins an escape, and `:` separates. */
const isPlain = (byte: number): boolean => /[A-Za-z0-9.-]/.test(String.fromCharCode(byte))

/** An owner as a part of a name: each byte that cannot be there becomes `_XX`. */
const encoded = (owner: Owner): string =>
  Array.from(new TextEncoder().encode(owner), (byte) =>
    isPlain(byte) ? String.fromCharCode(byte) : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')

const decoded = (text: string): Owner | undefined => {
  try {
    const owner = decodeURIComponent(text.replaceAll('_', '%'))
    return encoded(owner) === text ? owner : undefined
  } catch {
    return undefined
  }
}

/** The name of the server at an address; `undefined`: of the keeper. */
export const serverName = (prefix: string, owner: Owner, address: Address | undefined): string =>
  `${prefix}:${encoded(owner)}:${address === undefined ? 'none' : `${address.host}:${address.port}`}`

/** `undefined` for a server that is none of ours. */
export const parseServerName = (prefix: string, name: string): ServerName | undefined => {
  const [first, code, ...rest] = name.split(':')
  if (first !== prefix || code === undefined || code === '' || rest.length === 0) return undefined
  const owner = decoded(code)
  return owner === undefined ? undefined : { owner, isKeeper: rest.length === 1 && rest[0] === 'none' }
}
