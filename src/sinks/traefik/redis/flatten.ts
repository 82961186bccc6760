/** Elements as keys and values of Redis. Pure. */
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
 * What a list of servers is, itself: with this key a service without servers is one too, and is there at every moment
 * of a reading that meets a change. Traefik looks at the keys under it alone.
 */
const LIST = '[]'

/** The script that checks and writes as many stops Redis for some 50 ms. */
const MAX_KEYS = 10_000

/** Positions as texts of one length, which Traefik sorts as texts. */
const POSITION_DIGITS = 4

/** 48 bits as decimal digits. */
const SERVER_DIGITS = 15
const SERVERS = 10 ** SERVER_DIGITS

/**
 * The number of a server: of its address alone, so that the others keep their keys when one comes or goes. Each key
 * that is written costs every Traefik a reading of all keys.
 */
const serverNumber = (server: Json): number => {
  const place = isJsonObject(server) ? (server['url'] ?? server['address']) : undefined
  const text = typeof place === 'string' ? place : canonicalText(server)
  return createHash('sha256').update(text).digest().readUIntBE(0, 6)
}

/** Two servers of one number: the second, in the order of their texts, has the next one. */
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

/** Whether labels can say it; what they cannot, other people wrote, and it is kept as it stands. */
const isRead = (field: Field | undefined): boolean => field !== undefined && field._tag !== 'Ignored'

/** Gathers the pairs of one element, and the first thing that cannot be said in them. */
class Flattening {
  readonly pairs: Pair[] = []
  flaw: string | undefined

  put(path: string, field: Field | undefined, json: Json): void {
    if (json === null) return
    if (isJsonArray(json)) this.list(path, field, json)
    else if (isJsonObject(json)) this.members(path, field, json)
    else this.value(path, String(json), field?._tag === 'Free')
  }

  /** `meaningful`: an empty text is not the same as none. */
  value(path: string, value: string, meaningful: boolean): void {
    if (value !== '') this.pairs.push([path, value])
    else if (meaningful)
      this.fail(path, 'is an empty text, and Traefik leaves out keys of Redis with no value')
    if (/\p{Surrogate}/u.test(value)) this.fail(path, 'has half a character')
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
      // One key, and not one an item: Traefik would join them anyhow, and this way sees all of them or none.
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

  /** `isRead`: as the name of something, and not as it stands. */
  isName(path: string, name: string, isRead = true): boolean {
    const wrong =
      name === '' || name.includes('/')
        ? 'a "/", and Traefik takes a key of Redis for a path'
        : isRead && (isIndex(name) || /^\[.*\]$/.test(name))
          ? 'digits alone or brackets, and Traefik takes it for the number of an item'
          : /\p{Surrogate}/u.test(name)
            ? 'half a character'
            : undefined
    if (wrong !== undefined)
      this.fail(path, `has the name "${name}" under it: it is nothing, or has ${wrong}`)
    return wrong === undefined
  }

  fail(path: string, why: string): void {
    this.flaw ??= `${path} ${why}`
  }
}

/**
 * The keys of an element, below Traefik's root key and ordered, with their values; or why Redis cannot say it. Option
 * names are in lower case; a list of texts is one key; `null`, empty texts and empty lists are left out, which is the
 * same to Traefik.
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
        `${path} would have ${pairs.length} keys, and may have ${MAX_KEYS}: offer it under several names`,
      )
    : E.right(pairs.sort(comparePairs))
}
