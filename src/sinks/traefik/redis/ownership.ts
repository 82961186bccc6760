/** Whose an element is: a field of one hash beside Traefik's keys, where Traefik does not look. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Owner } from '../../../core/sink.js'
import type { ElementKey } from '../grammar/element.js'

/** `version`: no two writes below one root have the same. */
const codec = t.type({ key: t.string, owner: t.string, version: t.number }, 'mark')

export type Mark = t.TypeOf<typeof codec>

/** The field that counts writes; no element has that name. */
export const COUNTER = 'writes'

/** The field of an element's mark: one for all names that Traefik takes for one. */
export const markField = (key: ElementKey): string => key.toLowerCase()

/** A mark, up to the version, which Redis counts: behind it stands a brace. */
export const unversionedMark = (key: ElementKey, owner: Owner): string =>
  `${JSON.stringify({ key, owner } satisfies Omit<Mark, 'version'>).slice(0, -1)},"version":`

/** Undefined for a text that is no mark. */
export const parseMark = (text: string): Mark | undefined => {
  try {
    const decoded = codec.decode(JSON.parse(text))
    return E.isRight(decoded) ? decoded.right : undefined
  } catch {
    return undefined
  }
}
