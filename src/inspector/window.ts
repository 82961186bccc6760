import type { Sliced } from '../core/sliced.js'
import type { RowQuery } from './inspector.js'

/** Some rows of a table, and how many there are. */
export interface RowWindow<R> {
  readonly total: number
  readonly rows: readonly R[]
}

export interface WindowOptions<A, R> {
  readonly query: Pick<RowQuery, 'from' | 'count'>
  /** Default: every item. */
  readonly matches?: ((item: A) => boolean) | undefined
  /** How many items match, if that is known: the rest is not looked at then. */
  readonly total?: number | undefined
  /** Called for the items of the window only. */
  readonly rowOf: (item: A) => R
}

/** How many items, or rows, make a slice of a few milliseconds. */
const itemsASlice = 2_000
const rowsASlice = 10

/** The rows of a window, of items in their order, `undefined` being none. Costs the items before it, and all of them if the total is not known. */
export function* windowOf<A, R>(
  items: Iterable<A | undefined>,
  { query: { from, count }, matches, total, rowOf }: WindowOptions<A, R>,
): Sliced<RowWindow<R>> {
  const rows: R[] = []
  let read = 0
  let found = 0
  for (const item of items) {
    if (total !== undefined && found >= from + count) break
    if (++read % itemsASlice === 0) yield
    if (item === undefined || (matches !== undefined && !matches(item))) continue
    if (found >= from && found < from + count) {
      rows.push(rowOf(item))
      if (rows.length % rowsASlice === 0) yield
    }
    found++
  }
  return { total: total ?? found, rows }
}
