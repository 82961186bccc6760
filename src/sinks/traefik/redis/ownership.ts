/** The owner of an element: a field of one hash outside Traefik's keys. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Owner } from '../../../core/sink.js'
import type { ElementKey } from '../grammar/element.js'

/** `version`: unique among all writes below one root. */
const codec = t.type({ key: t.string, owner: t.string, version: t.number }, 'ownership record')

export type OwnershipRecord = t.TypeOf<typeof codec>

/** The field that counts writes; no element has that name. */
export const COUNTER = 'writes'

/** The field of an element's ownership record: shared by all names that Traefik reads as one. */
export const ownershipField = (key: ElementKey): string => key.toLowerCase()

/** An ownership record up to its version, which Redis counts and appends with a brace. */
export const unversionedOwnership = (key: ElementKey, owner: Owner): string =>
  `${JSON.stringify({ key, owner } satisfies Omit<OwnershipRecord, 'version'>).slice(0, -1)},"version":`

/** Undefined for a text that is not an ownership record. */
export const parseOwnership = (text: string): OwnershipRecord | undefined => {
  try {
    const decoded = codec.decode(JSON.parse(text))
    return E.isRight(decoded) ? decoded.right : undefined
  } catch {
    return undefined
  }
}
