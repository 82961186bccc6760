/** Changes to a list of events that a transport may cause. */
import fc from 'fast-check'

/** All events, in any order. */
export const shuffled = <A>(items: readonly A[]): fc.Arbitrary<readonly A[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length })

/** All events in order, of which up to `extra` occur once more, at any later place. */
export const duplicated = <A>(items: readonly A[], extra = 5): fc.Arbitrary<readonly A[]> =>
  fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: extra }).map((again) => {
    const all = [...items]
    for (const [which, later] of again) {
      const from = which % Math.max(1, all.length)
      all.splice(from + 1 + (later % Math.max(1, all.length - from)), 0, ...all.slice(from, from + 1))
    }
    return all
  })

/** All events in any order, some of them repeated. */
export const redelivered = <A>(items: readonly A[]): fc.Arbitrary<readonly A[]> =>
  duplicated(items).chain(shuffled)

/** A subsequence of the events; the others are lost. */
export const cut = <A>(items: readonly A[]): fc.Arbitrary<readonly A[]> => fc.subarray([...items])

/** Distributes the events over several workers, in order. */
export const split = <A>(items: readonly A[], workers: number): fc.Arbitrary<readonly (readonly A[])[]> =>
  fc
    .array(fc.nat(workers - 1), { minLength: items.length, maxLength: items.length })
    .map((to) => Array.from({ length: workers }, (_, worker) => items.filter((_item, i) => to[i] === worker)))
