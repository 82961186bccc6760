/** Selects an item by a number of any size; `undefined` if there is none. */
export const chosen = <A>(items: readonly A[], pick: number): A | undefined => items[pick % items.length]
