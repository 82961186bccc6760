/** The documents of Traefik's HTTP and file providers: elements as text, and back. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type DecodeError, decodeErrors, describeText } from '../../../shared/codec/decode-error.js'
import { type Element, type ElementKey, elementKey, partsOfKey } from '../grammar/element.js'
import { canonicalText, isJson, isJsonArray, isJsonObject, type Json } from '../../../shared/codec/json.js'

export interface TraefikDocument {
  /** The document's owner; Traefik ignores it. */
  readonly owner: string | undefined
  readonly elements: ReadonlyMap<ElementKey, Element>
}

/** Root members that Traefik ignores. It rejects the whole document for any other unknown member. */
const META = '_meta'

/** Characters that may appear unescaped in JSON text, but that YAML refuses or reads as a line break. */
const unsafe = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Lone surrogates, which JSON.stringify escapes and YAML refuses; skips escaped backslashes. */
const halves = /\\(?:\\|u(d[89a-f][0-9a-f]{2}))/g

/**
 * Traefik reads the text as YAML, and the file provider reads it as a Go template first, in which `{{` starts an
 * action. Since `{{` never appears between JSON's own tokens, it is always inside a string and may be escaped.
 */
const portable = (json: string): string =>
  json
    .replace(halves, (found, half?: string) => (half === undefined ? found : '\ufffd'))
    .replace(unsafe, escaped)
    .replace(/\{(?=\{)/g, '\\u007b')

const compareKeys = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a === b ? 0 : a < b ? -1 : 1

/** A JSON object whose values are JSON text already. */
const objectOf = (members: Iterable<readonly [string, string]>): string =>
  `{${[...members]
    .sort(compareKeys)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`

/**
 * The text of a document. Equal documents give equal bytes. The text means the same as JSON, as YAML, and as the output
 * of a Go template. It has no empty section, for which Traefik would reject the whole document. Ends with a line feed.
 *
 * A document without elements is `{}` (plus the owner), for which Traefik removes all of our routes: never format a
 * document before its elements are known.
 */
export const formatDocument = ({ owner, elements }: TraefikDocument): string => {
  const sections = new Map<string, Map<string, string | Map<string, string>>>()
  for (const [key, element] of elements) {
    const [section, kind, name] = partsOfKey(key)
    if (kind === undefined) continue
    const kinds = sections.get(section) ?? new Map<string, string | Map<string, string>>()
    sections.set(section, kinds)
    if (name === undefined) {
      kinds.set(kind, canonicalText(element))
      continue
    }
    const known = kinds.get(kind)
    const named = known instanceof Map ? known : new Map<string, string>()
    kinds.set(kind, named)
    named.set(name, canonicalText(element))
  }
  const members = Array.from(sections, ([section, kinds]) => {
    const json = Array.from(
      kinds,
      ([kind, named]) => [kind, typeof named === 'string' ? named : objectOf(named)] as const,
    )
    return [section, objectOf(json)] as const
  })
  const meta = owner === undefined ? [] : [[META, canonicalText({ owner })] as const]
  return `${portable(objectOf([...meta, ...members]))}\n`
}

const json = <A extends Json>(name: string, is: (value: Json) => value is A): t.Type<A> => {
  const holds = (u: unknown): u is A => isJson(u) && is(u)
  return new t.Type(name, holds, (u, at) => (holds(u) ? t.success(u) : t.failure(u, at)), t.identity)
}

const jsonObject = json('object', isJsonObject)
const jsonArray = json('array', isJsonArray)

const named = t.record(t.string, jsonObject, 'object of objects, or array')
type Kind = t.TypeOf<typeof named> | readonly Json[]

/** Elements by name, or a list without names. */
const kind = new t.Type<Kind>(
  named.name,
  (u): u is Kind => jsonArray.is(u) || named.is(u),
  (u, at) => (jsonArray.is(u) ? t.success(u) : named.validate(u, at)),
  t.identity,
)

const section = t.record(t.string, kind, 'object')

const document = t.partial(
  {
    http: section,
    tcp: section,
    udp: section,
    tls: section,
    [META]: t.partial({ owner: t.string }, 'object'),
  },
  'object',
)

/**
 * Parses a document, ours or one that people wrote as JSON; or returns what is wrong with it, by path. Elements of any
 * kind are passed through. Root members that Traefik ignores are dropped.
 */
export const parseDocument = (text: string): E.Either<readonly DecodeError[], TraefikDocument> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return E.left([{ path: '$', expected: 'JSON', received: describeText(text) }])
  }
  const decoded = document.decode(parsed)
  if (E.isLeft(decoded)) return E.left(decodeErrors(decoded.left, '$'))
  const { [META]: meta, http, tcp, udp, tls } = decoded.right
  const elements = new Map<ElementKey, Element>()
  for (const [of, kinds] of Object.entries({ http, tcp, udp, tls }))
    for (const [kind, named] of Object.entries(kinds ?? {}))
      if (isJsonArray(named)) elements.set(`${of}/${kind}`, named)
      else
        for (const [name, element] of Object.entries(named)) elements.set(elementKey(of, kind, name), element)
  return E.right({ owner: meta?.owner, elements })
}
