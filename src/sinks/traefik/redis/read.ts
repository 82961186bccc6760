/** All elements below Traefik's root key, with the marks beside it. */
import type { Row } from '../../../core/sink.js'
import type { Element, ElementKey } from '../grammar/element.js'
import { ask, page, values } from './ask.js'
import type { RedisConnection } from './connection.js'
import { COUNTER, markField, parseMark } from './ownership.js'
import { parse } from './parse.js'
import { comparePairs, type Pair, placeIn } from './path.js'

export interface RedisPlace {
  readonly rootKey: string
  readonly ownersKey: string
}

/** Keys that Redis looks at in one step of a reading. */
const PAGE = '1000'

/** An owner's mark that nobody can read is somebody else's. */
const UNREADABLE = 'unknown: the mark is unreadable'

/** What a change is conditional on: the record as it was read. */
export const etagOf = (mark: string, pairs: readonly Pair[]): string => JSON.stringify([mark, pairs])

/** Pages of a scan, one after the other. */
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

/** By field. */
const readMarks = async (
  connection: RedisConnection,
  { ownersKey }: RedisPlace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> => {
  const marks = new Map<string, string>()
  for await (const items of scan(connection, ['HSCAN', ownersKey], ['COUNT', PAGE], signal))
    for (const [i, field] of items.entries()) if (i % 2 === 0) marks.set(field, items[i + 1] ?? '')
  marks.delete(COUNTER)
  return marks
}

/** By element. Keys that come twice, as they may while Redis grows, are one. */
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
      // To Traefik too, a key without a text is none.
      if (place === undefined || typeof text !== 'string' || text === '') continue
      const pairs = elements.get(place.key)
      if (pairs === undefined) elements.set(place.key, [[path, text]])
      else pairs.push([path, text])
    }
  }
  for (const pairs of elements.values()) pairs.sort(comparePairs)
  return elements
}

/** Of an element's mark, unless it is its namesake's: the two have one between them. */
const markOf = (marks: ReadonlyMap<string, string>, key: ElementKey): string | undefined => {
  const mark = marks.get(markField(key))
  return mark === undefined || (parseMark(mark)?.key ?? key) === key ? mark : undefined
}

/**
 * Everything, page by page. Redis may change meanwhile, so an element may be half as it was. What a write is
 * conditional on was read before the element, and is another by then: such a write is refused, and all is read again.
 * Whose it is, is read after it: an element that is just being made is not nobody's.
 */
export const readElements = async (
  connection: RedisConnection,
  place: RedisPlace,
  signal: AbortSignal,
): Promise<readonly Row<Element>[]> => {
  const before = await readMarks(connection, place, signal)
  const elements = await readPairs(connection, place, signal)
  const after = await readMarks(connection, place, signal)
  // Somebody deleted the keys, and not the mark.
  for (const [field, mark] of before) {
    const key = parseMark(mark)?.key ?? field
    if (after.has(field) && !elements.has(key)) elements.set(key, [])
  }
  return Array.from(elements, ([key, pairs]) => {
    const mark = markOf(after, key) ?? markOf(before, key)
    return {
      key,
      value: parse(key, pairs),
      owner: mark === undefined ? undefined : (parseMark(mark)?.owner ?? UNREADABLE),
      etag: etagOf(markOf(before, key) ?? '', pairs),
    }
  })
}
