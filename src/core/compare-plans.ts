import type { Plan } from './plan.js'
import type { Change } from './sink.js'

type Equals<V> = (a: V, b: V) => boolean
type Same<V> = (a: Change<V>, b: Change<V> | undefined) => boolean

const sameChange =
  <V>(equals: Equals<V>): Same<V> =>
  (a, b) =>
    a._tag === b?._tag &&
    a.key === b.key &&
    (a._tag === 'Delete' || b._tag === 'Delete' || equals(a.after, b.after))

/** Whether two plans have equal changes, and whether they skip equal changes. */
export const comparePlans = <V>(
  a: Plan<V>,
  b: Plan<V>,
  equals: Equals<V>,
): { readonly changes: boolean; readonly skipped: boolean } => {
  const same = sameChange(equals)
  return {
    changes:
      a.changes.length === b.changes.length && a.changes.every((change, i) => same(change, b.changes[i])),
    skipped:
      a.skipped.length === b.skipped.length &&
      a.skipped.every(({ change, why }, i) => why === b.skipped[i]?.why && same(change, b.skipped[i].change)),
  }
}
