import type { PersistentMap } from '../core/persistent-map.js'

const known = new WeakMap<object, readonly string[]>()

/** The keys of a map in their order. Sorted once for each map. */
export const sortedNames = (map: PersistentMap<object>): readonly string[] => {
  const before = known.get(map)
  if (before !== undefined) return before
  const sorted = [...map.keys()].sort()
  known.set(map, sorted)
  return sorted
}
