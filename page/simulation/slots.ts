/** Who is where; `undefined` where a place is free. */
export type Slots = readonly (string | undefined)[]

/**
 * Gives everybody a place. Who had one keeps it, and who is new gets the first that is free, so that nothing that is
 * drawn moves. Free places at the end are given up.
 */
export const placed = (before: Slots, names: readonly string[]): Slots => {
  const wanted = new Set(names)
  const slots = before.map((name) => (name !== undefined && wanted.delete(name) ? name : undefined))
  for (const name of wanted) {
    const free = slots.indexOf(undefined)
    if (free === -1) slots.push(name)
    else slots[free] = name
  }
  return slots.slice(0, slots.findLastIndex((name) => name !== undefined) + 1)
}
