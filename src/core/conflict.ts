import type { Change, Outcome, Row } from './sink.js'

/**
 * The conflict of a change with the record that the target holds now; `undefined` if the target still holds what the
 * change was planned against. Records are compared by their etags, so every record must have one.
 */
export const conflictOf = <V>(change: Change<V>, held: Row<V> | undefined): Outcome<V> | undefined => {
  const expected = change._tag === 'Create' ? undefined : change.before.etag
  return held?.etag === expected ? undefined : { _tag: 'Conflict', key: change.key, found: held }
}
