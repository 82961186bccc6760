/** An element's place in Redis: `http/services/web`, after Traefik's root key. */
import { type ElementKey, elementKey, partsOfKey } from '../grammar/element.js'
import type { Field } from '../grammar/field.js'
import { grammar } from '../grammar/grammar.js'

/** A key without Traefik's root key, and its value. */
export type Pair = readonly [path: string, value: string]

export const comparePairs = ([a]: Pair, [b]: Pair): number => (a === b ? 0 : a < b ? -1 : 1)

/** The common path of an element's keys; in lower case except for its name. */
export const pathOf = (key: ElementKey): string => {
  const [section, kind = '', name] = partsOfKey(key)
  const path = `${section}/${kind.toLowerCase()}`
  return name === undefined ? path : `${path}/${name}`
}

/** The grammar of such an element; undefined if labels cannot express it. */
export const fieldOf = (key: ElementKey): Field | undefined => {
  const [section, kind = ''] = partsOfKey(key)
  return grammar[section]?.[kind]
}

/** The only element that is a list and has no name. */
const CERTIFICATES = 'tls/certificates'

const sections: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls'])

/** The element that a path belongs to, and the rest of the path; undefined for a path that Traefik does not read. */
export const placeIn = (
  path: string,
): { readonly key: ElementKey; readonly rest: readonly string[] } | undefined => {
  // Split as in Traefik: several slashes count as one.
  const [first = '', second = '', ...others] = path.split('/').filter((part) => part !== '')
  const section = first.toLowerCase()
  if (!sections.has(section) || others.length === 0) return undefined
  const folded = second.toLowerCase()
  if (`${section}/${folded}` === CERTIFICATES) return { key: CERTIFICATES, rest: others }
  const kind = Object.keys(grammar[section] ?? {}).find((known) => known.toLowerCase() === folded) ?? folded
  const [name = '', ...rest] = others
  return { key: elementKey(section, kind, name), rest }
}

/** Whether Traefik reads a part of a path as the number of an item. */
export const isIndex = (part: string): boolean => /^\d+$/.test(part)
