/** Targets that are one text, in which every record stands: what it says, and what changes make of it. Pure. */
import { conflictOf } from '../../core/conflict.js'
import { hasHalfCharacter } from '../../shared/codec/half-character.js'
import type { Change, Outcome, Owner, Row } from '../../core/sink.js'

/** What a document says. It belongs to one owner as a whole. */
export interface Contents<V> {
  /** Whose mark the text bears; `undefined` if it bears none. */
  readonly owner: Owner | undefined
  readonly records: ReadonlyMap<string, V>
}

/** How a document is written and read. `parse` reads all that `print` writes, the owner's mark included. Pure. */
export interface DocumentFormat<V> {
  /** Equal contents give equal text, whatever order their records are in. */
  print(contents: Contents<V>): string
  /** Throws an Error that says what was expected and what came: the file is then left as it is. */
  parse(text: string): Contents<V>
  /** Equal for equal values. */
  etagOf(value: V): string
}

export const noContents: Contents<never> = { owner: undefined, records: new Map<string, never>() }

const rowOf = <V>(
  key: string,
  value: V,
  owner: Owner | undefined,
  { etagOf }: Pick<DocumentFormat<V>, 'etagOf'>,
): Row<V> => ({ key, value, owner, etag: etagOf(value) })

export const rowsOf = <V>(
  { owner, records }: Contents<V>,
  format: Pick<DocumentFormat<V>, 'etagOf'>,
): readonly Row<V>[] => Array.from(records, ([key, value]) => rowOf(key, value, owner, format))

export interface Amended<V> {
  readonly contents: Contents<V>
  /** One a change: done, or a conflict with what the document has. */
  readonly outcomes: readonly Outcome<V>[]
}

/** The document after the changes whose record is as they were planned against. */
export const amended = <V>(
  before: Contents<V>,
  changes: readonly Change<V>[],
  owner: Owner,
  format: Pick<DocumentFormat<V>, 'etagOf'>,
): Amended<V> => {
  const records = new Map(before.records)
  const amend = (change: Change<V>): Outcome<V> => {
    const { key } = change
    const value = records.get(key)
    const held = value === undefined ? undefined : rowOf(key, value, before.owner, format)
    const conflict = conflictOf(change, held)
    if (conflict !== undefined) return conflict
    // One half of a character, and Prometheus and Traefik refuse the whole document.
    if (change._tag !== 'Delete' && hasHalfCharacter([key, change.after]))
      return {
        _tag: 'Rejected',
        key,
        reason: `${JSON.stringify(key)} has half a character in its name or a label, which is no Unicode text: correct that`,
      }
    if (change._tag === 'Delete') {
      records.delete(key)
      return { _tag: 'Done', key, row: undefined }
    }
    records.set(key, change.after)
    return { _tag: 'Done', key, row: rowOf(key, change.after, owner, format) }
  }
  const outcomes = changes.map(amend)
  return { contents: { owner, records }, outcomes }
}
