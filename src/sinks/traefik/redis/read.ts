/** Reads all elements below Traefik's root key, and their ownership records. */
import type { Row } from '../../../core/sink.js'
import type { Element, ElementKey } from '../grammar/element.js'
import { ask, page, values } from './ask.js'
import type { RedisConnection } from './connection.js'
import { COUNTER, ownershipField, parseOwnership } from './ownership.js'
import { parse } from './parse.js'
import { comparePairs, type Pair, placeIn } from './path.js'

export interface RedisPlace {
  readonly rootKey: string
  readonly ownersKey: string
}

/** Keys that Redis examines per step of a scan. */
const PAGE = '1000'

/** An unreadable ownership record counts as another owner's. */
const UNREADABLE = 'unknown: the ownership record is unreadable'

/** What a change is conditional on: the record as it was read. */
export const etagOf = (ownership: string, pairs: readonly Pair[]): string =>
  JSON.stringify([ownership, pairs])

/** The pages of a scan, one after another. */
async function* scan(
  connection: RedisConnection,
  [command, ...rest]: readonly [string, ...string[]],
  argsAfter: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let cursor = '0'
  do {
    const [next, items] = await ask(connection, page, [command, ...rest, cursor, ...argsAfter], signal)
    yield items
    cursor = next
  } while (cursor !== '0')
}

/** Ownership records by field. */
const readOwnership = async (
  connection: RedisConnection,
  { ownersKey }: RedisPlace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> => {
  const records = new Map<string, string>()
  for await (const items of scan(connection, ['HSCAN', ownersKey], ['COUNT', PAGE], signal))
    for (const [i, field] of items.entries()) if (i % 2 === 0) records.set(field, items[i + 1] ?? '')
  records.delete(COUNTER)
  return records
}

/** By element. Keys that occur twice, as they may while Redis grows, are merged. */
const readPairs = async (
  connection: RedisConnection,
  { rootKey }: RedisPlace,
  signal: AbortSignal,
): Promise<Map<ElementKey, Pair[]>> => {
  const seen = new Set<string>()
  const elements = new Map<ElementKey, Pair[]>()
  for await (const keys of scan(connection, ['SCAN'], ['MATCH', `${rootKey}/*`, 'COUNT', PAGE], signal)) {
    const fresh = [...new Set(keys)].filter((key) => !seen.has(key))
    if (fresh.length === 0) continue
    const texts = await ask(connection, values, ['MGET', ...fresh], signal)
    for (const [i, key] of fresh.entries()) {
      seen.add(key)
      const [path, text] = [key.slice(rootKey.length + 1), texts[i]]
      const place = placeIn(path)
      // Traefik also ignores a key without a text.
      if (place === undefined || typeof text !== 'string' || text === '') continue
      const pairs = elements.get(place.key)
      if (pairs === undefined) elements.set(place.key, [[path, text]])
      else pairs.push([path, text])
    }
  }
  for (const pairs of elements.values()) pairs.sort(comparePairs)
  return elements
}

/** The element's ownership record, unless it is that of its namesake: the two share one field. */
const ownershipOf = (records: ReadonlyMap<string, string>, key: ElementKey): string | undefined => {
  const ownership = records.get(ownershipField(key))
  return ownership === undefined || (parseOwnership(ownership)?.key ?? key) === key ? ownership : undefined
}

/**
 * Reads everything, page by page. Redis may change meanwhile, so an element may be inconsistent. The ownership record
 * that a write is conditional on is read before the element, and has changed by then: such a write is refused, and
 * everything is read again. The owner is taken from a read after the element, so that an element in the middle of its
 * creation does not seem to have no owner.
 */
export const readElements = async (
  connection: RedisConnection,
  place: RedisPlace,
  signal: AbortSignal,
): Promise<readonly Row<Element>[]> => {
  const before = await readOwnership(connection, place, signal)
  const elements = await readPairs(connection, place, signal)
  const after = await readOwnership(connection, place, signal)
  // Another client deleted the keys but not the ownership record.
  for (const [field, ownership] of before) {
    const key = parseOwnership(ownership)?.key ?? field
    if (after.has(field) && !elements.has(key)) elements.set(key, [])
  }
  return Array.from(elements, ([key, pairs]) => {
    const ownership = ownershipOf(after, key) ?? ownershipOf(before, key)
    return {
      key,
      value: parse(key, pairs),
      owner: ownership === undefined ? undefined : (parseOwnership(ownership)?.owner ?? UNREADABLE),
      etag: etagOf(ownershipOf(before, key) ?? '', pairs),
    }
  })
}
