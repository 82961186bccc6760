import { conflictOf } from '../../core/conflict.js'
import type { Change, Outcome, Owner, Row } from '../../core/sink.js'

/** Records in this process's memory, for targets that are part of it. */
export interface HeldRows<V> {
  readonly rows: Map<string, Row<V>>
  /** Successful writes so far; etags are made from this number. */
  writes: number
}

/** No records. */
export const heldRows = <V>(): HeldRows<V> => ({ rows: new Map(), writes: 0 })

/** Applies a change to records in memory, unless it conflicts with them. */
export const swapHeld = <V>(held: HeldRows<V>, change: Change<V>, owner: Owner): Outcome<V> => {
  const { key } = change
  const conflict = conflictOf(change, held.rows.get(key))
  if (conflict !== undefined) return conflict
  held.writes++
  if (change._tag === 'Delete') {
    held.rows.delete(key)
    return { _tag: 'Done', key, row: undefined }
  }
  const row: Row<V> = { key, value: change.after, owner, etag: String(held.writes) }
  held.rows.set(key, row)
  return { _tag: 'Done', key, row }
}
