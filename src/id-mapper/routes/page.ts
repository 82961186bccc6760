import { cursorOf, isAfter, type Listed, type Place, placeOf } from './cursor.js'

export interface Page<V> {
  readonly items: readonly V[]
  /** Where the next page begins; `undefined` when there is none. */
  readonly next: string | undefined
}

export interface PageOptions<A extends object, V> {
  readonly listed: Listed
  /** Where the last page ended. `undefined`: this is the first. */
  readonly cursor: string | undefined
  readonly limit: number
  /** The list from a place on: what is before it may be left out, and what is at it need not be. */
  readonly from: (place: Place | undefined) => Iterable<A>
  readonly placeOf: (item: A) => Place
  readonly accepts: (item: A) => boolean
  readonly view: (item: A) => V
}

/**
 * How many items are looked at for one page. Beyond it the page ends, however few were accepted: whoever asks for one
 * in a million asks more often, and nobody else waits for that.
 */
const mostLookedAt = 10_000

/**
 * A page of what is accepted. It continues after the last item and not at a number, so what stays in the list while
 * others come and go is in exactly one page. A page may have fewer items than asked for, or none, and still not be
 * the last. `undefined` when the cursor is none of this list.
 */
export const pageOf = <A extends object, V>(options: PageOptions<A, V>): Page<V> | undefined => {
  const { listed, cursor, limit, accepts, view } = options
  const after = cursor === undefined ? undefined : placeOf(listed, cursor)
  if (cursor !== undefined && after === undefined) return undefined
  const items: V[] = []
  let last: Place | undefined
  let lookedAt = 0
  for (const item of options.from(after)) {
    const place = options.placeOf(item)
    if (after !== undefined && !isAfter(place, after)) continue
    if (last !== undefined && (items.length === limit || lookedAt === mostLookedAt))
      return { items, next: cursorOf(listed, last) }
    lookedAt++
    last = place
    if (accepts(item)) items.push(view(item))
  }
  return { items, next: undefined }
}
