/** Elements as Redis keys and values. Pure. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { type Element, type ElementKey, partsOfKey } from '../grammar/element.js'
import type { Field } from '../grammar/field.js'
import {
  canonicalText,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
} from '../../../shared/codec/json.js'
import { comparePairs, fieldOf, isIndex, type Pair, pathOf } from './path.js'

/**
 * The value of the key `servers` itself. With this key a service without servers exists too, at every moment of a read
 * that overlaps a change. Traefik only reads the keys under it.
 */
const LIST = '[]'

/** A script that checks and writes this many keys blocks Redis for about 50 ms. */
const MAX_KEYS = 10_000

/** Positions as texts of equal length, because Traefik sorts them as texts. */
const POSITION_DIGITS = 4

/** 48 bits as decimal digits. */
const SERVER_DIGITS = 15
const SERVERS = 10 ** SERVER_DIGITS

/**
 * The number of a server. It depends only on the server's address, so that other servers keep their keys when one comes
 * or goes. Each written key makes every Traefik read all keys.
 */
const serverNumber = (server: Json): number => {
  const place = isJsonObject(server) ? (server['url'] ?? server['address']) : undefined
  const text = typeof place === 'string' ? place : canonicalText(server)
  return createHash('sha256').update(text).digest().readUIntBE(0, 6)
}

/** If two servers have the same number, the second in the order of their texts gets the next one. */
const numberedServers = (servers: readonly Json[]): ReadonlyMap<string, Json> => {
  const numbered = new Map<string, Json>()
  for (const server of [...servers].sort((a, b) => (canonicalText(a) < canonicalText(b) ? -1 : 1))) {
    let number = serverNumber(server)
    const index = (): string => String(number % SERVERS).padStart(SERVER_DIGITS, '0')
    while (numbered.has(index())) number++
    numbered.set(index(), server)
  }
  return numbered
}

/** Whether labels can express it. What they cannot express was written by others, and is kept unchanged. */
const isRead = (field: Field | undefined): boolean => field !== undefined && field._tag !== 'Ignored'

/** Collects the key-value pairs of one element, and the first thing that they cannot express. */
class Flattening {
  readonly pairs: Pair[] = []
  flaw: string | undefined

  put(path: string, of: Field | undefined, json: Json): void {
    const field = of?._tag === 'Unlabelled' ? of.field : of
    if (json === null) return
    if (isJsonArray(json)) this.list(path, field, json)
    else if (isJsonObject(json)) this.members(path, field, json)
    else this.value(path, String(json), field?._tag === 'Free')
  }

  /** `meaningful`: whether an empty text differs from none. */
  value(path: string, value: string, meaningful: boolean): void {
    if (value !== '') this.pairs.push([path, value])
    else if (meaningful) this.fail(path, 'is an empty text, and Traefik ignores Redis keys without a value')
    if (/\p{Surrogate}/u.test(value)) this.fail(path, 'has a lone surrogate')
  }

  members(path: string, field: Field | undefined, json: JsonObject): void {
    const count = this.pairs.length
    for (const [name, value] of Object.entries(json)) {
      if (!this.isName(path, name, isRead(field))) continue
      const known = field?._tag === 'Section' ? field.fields.get(name.toLowerCase()) : undefined
      const at = `${path}/${known === undefined ? name : name.toLowerCase()}`
      if (field?._tag === 'Section' && name === 'servers' && isJsonArray(value))
        this.servers(at, field.fields.get('server')?.field, value)
      else if (field?._tag !== 'Table') this.put(at, field?._tag === 'Free' ? field : known?.field, value)
      else if (isJsonObject(value) && Object.keys(value).length === 0) this.pairs.push([at, 'true'])
      else if (typeof value === 'string') this.value(at, value, true)
      else this.put(at, field.value, value)
    }
    if (this.pairs.length === count && field?._tag === 'Section' && field.standalone)
      this.pairs.push([path, 'true'])
    else if (this.pairs.length === count && field?._tag === 'Free') this.fail(path, 'is an empty object')
  }

  servers(path: string, field: Field | undefined, servers: readonly Json[]): void {
    this.pairs.push([path, LIST])
    for (const [index, server] of numberedServers(servers)) this.put(`${path}/${index}`, field, server)
  }

  list(path: string, field: Field | undefined, items: readonly Json[]): void {
    const objects = items.filter(isJsonObject)
    const scalars = items.filter((item) => typeof item !== 'object')
    const nulls = items.filter((item) => item === null)
    if (objects.length + nulls.length === items.length) this.objects(path, field, objects)
    else if (scalars.length + nulls.length < items.length)
      this.fail(path, 'is a list of lists, or a mixed one')
    else {
      // One key instead of one per item: Traefik joins them anyway, and a single key is read all or nothing.
      const texts = scalars.map((item) => String(item).trim())
      if (texts.some((text) => text.includes(',')))
        this.fail(path, 'has a comma in one of its texts, and Traefik takes it for two')
      this.value(path, texts.join(','), false)
    }
  }

  objects(path: string, field: Field | undefined, objects: readonly JsonObject[]): void {
    if (objects.length >= 10 ** POSITION_DIGITS)
      this.fail(path, 'has more items than Redis can keep in order')
    const of = field?._tag === 'List' ? field.item : field
    let position = 0
    for (const item of objects) {
      const count = this.pairs.length
      this.put(`${path}/${String(position).padStart(POSITION_DIGITS, '0')}`, of, item)
      if (this.pairs.length > count) position++
    }
  }

  /** `isRead`: as a name of something, and not verbatim. */
  isName(path: string, name: string, isRead = true): boolean {
    const wrong =
      name === '' || name.includes('/')
        ? 'a "/", and Traefik reads a Redis key as a path'
        : isRead && (isIndex(name) || /^\[.*\]$/.test(name))
          ? 'only digits or brackets, and Traefik reads it as the number of an item'
          : /\p{Surrogate}/u.test(name)
            ? 'a lone surrogate'
            : undefined
    if (wrong !== undefined) this.fail(path, `has the name "${name}" under it: it is empty, or has ${wrong}`)
    return wrong === undefined
  }

  fail(path: string, why: string): void {
    this.flaw ??= `${path} ${why}`
  }
}

/**
 * The keys of an element with their values, below Traefik's root key and ordered; or why Redis keys cannot express it.
 * Option names are in lower case; a list of texts is one key; `null`, empty texts and empty lists are omitted, which
 * means the same to Traefik.
 */
export const flatten = (key: ElementKey, element: Element): E.Either<string, readonly Pair[]> => {
  const flattening = new Flattening()
  const path = pathOf(key)
  const [section, kind = '', name] = partsOfKey(key)
  if (name === undefined || flattening.isName(`${section}/${kind}`, name)) {
    flattening.put(path, fieldOf(key), element)
    if (flattening.pairs.length === 0 && isJsonObject(element)) flattening.pairs.push([path, 'true'])
  }
  const { pairs, flaw } = flattening
  if (flaw !== undefined) return E.left(flaw)
  return pairs.length > MAX_KEYS
    ? E.left(
        `${path} would have ${pairs.length} keys, and may have ${MAX_KEYS}: expose it under several names`,
      )
    : E.right(pairs.sort(comparePairs))
}
