import { cursorOf, isAfter, type Listed, type Place, placeOf } from './cursor.js'

export interface Page<V> {
  readonly items: readonly V[]
  /** The cursor of the next page, or `undefined` on the last page. */
  readonly next: string | undefined
}

export interface PageOptions<A extends object, V> {
  readonly listed: Listed
  /** The cursor from the previous page, or `undefined` for the first page. */
  readonly cursor: string | undefined
  readonly limit: number
  /** The list from a position. It may leave out items before the position, and may include the item at it. */
  readonly from: (place: Place | undefined) => Iterable<A>
  readonly placeOf: (item: A) => Place
  readonly accepts: (item: A) => boolean
  readonly view: (item: A) => V
}

/**
 * Maximum number of items that are examined for one page. The page ends there, however few were accepted, so that a
 * client with a rare filter makes more requests instead of delaying the others.
 */
const mostLookedAt = 10_000

/**
 * A page of the accepted items. It continues after an item and not at an offset, so an item that stays in the list
 * while others come and go is in exactly one page. A page that is not the last may have fewer items than requested, or
 * none. `undefined` if the cursor does not belong to this list.
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
