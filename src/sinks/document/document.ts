/** Targets that are one text with all records in it: parsing, printing, and applying changes. Pure. */
import { conflictOf } from '../../core/conflict.js'
import { hasLoneSurrogate } from '../../shared/codec/lone-surrogate.js'
import type { Change, Outcome, Owner, Row } from '../../core/sink.js'

/** The parsed document. It has one owner as a whole. */
export interface Contents<V> {
  /** The owner that the text names; `undefined` if it names none. */
  readonly owner: Owner | undefined
  readonly records: ReadonlyMap<string, V>
}

/** How a document is printed and parsed. `parse` reads everything that `print` writes, including the owner. Pure. */
export interface DocumentFormat<V> {
  /** Equal contents give equal text, regardless of the order of their records. */
  print(contents: Contents<V>): string
  /** Throws an Error that names what was expected and what was found. */
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
  /** One per change: done, or a conflict with the document's current record. */
  readonly outcomes: readonly Outcome<V>[]
}

/** Applies the changes whose record is still the one they were planned against. */
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
    // Prometheus and Traefik refuse a whole document with a lone surrogate in it.
    if (change._tag !== 'Delete' && hasLoneSurrogate([key, change.after]))
      return {
        _tag: 'Rejected',
        key,
        reason: `${JSON.stringify(key)} has a lone surrogate in its name or a label, which is not valid Unicode: correct it`,
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
