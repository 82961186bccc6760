/**
 * The index of the first item that is not `before`, among the first `length` items; `before` must be true for a prefix
 * of the items only. Default: all items.
 */
export const lowerBound = <A extends object>(
  items: readonly A[],
  before: (item: A) => boolean,
  length: number = items.length,
): number => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && before(item)) low = middle + 1
    else high = middle
  }
  return low
}
