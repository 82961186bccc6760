/** Where an element stands in Redis: `http/services/web`, with Traefik's root key before it. */
import { type ElementKey, elementKey, partsOfKey } from '../grammar/element.js'
import type { Field } from '../grammar/field.js'
import { grammar } from '../grammar/grammar.js'

/** A key without Traefik's root key, and its value. */
export type Pair = readonly [path: string, value: string]

export const comparePairs = ([a]: Pair, [b]: Pair): number => (a === b ? 0 : a < b ? -1 : 1)

/** The path that all of an element's keys begin with; in lower case but for its name. */
export const pathOf = (key: ElementKey): string => {
  const [section, kind = '', name] = partsOfKey(key)
  const path = `${section}/${kind.toLowerCase()}`
  return name === undefined ? path : `${path}/${name}`
}

/** What labels may say of such an element; undefined where they can say nothing of it. */
export const fieldOf = (key: ElementKey): Field | undefined => {
  const [section, kind = ''] = partsOfKey(key)
  return grammar[section]?.[kind]
}

/** The one element of a root that is a list, and has no name. */
const CERTIFICATES = 'tls/certificates'

const sections: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls'])

/** The element that a path belongs to, and the rest of it; undefined for what Traefik does not read. */
export const placeIn = (
  path: string,
): { readonly key: ElementKey; readonly rest: readonly string[] } | undefined => {
  // As Traefik splits them: any number of slashes is one.
  const [first = '', second = '', ...others] = path.split('/').filter((part) => part !== '')
  const section = first.toLowerCase()
  if (!sections.has(section) || others.length === 0) return undefined
  const folded = second.toLowerCase()
  if (`${section}/${folded}` === CERTIFICATES) return { key: CERTIFICATES, rest: others }
  const kind = Object.keys(grammar[section] ?? {}).find((known) => known.toLowerCase() === folded) ?? folded
  const [name = '', ...rest] = others
  return { key: elementKey(section, kind, name), rest }
}

/** Whether Traefik takes a part of a path for the number of an item. */
export const isIndex = (part: string): boolean => /^\d+$/.test(part)
