import type { Millis } from '../../core/clock.js'
import type { Position } from '../../core/journal.js'
import { isObject } from '../../shared/codec/json-object.js'

/** How far the files of a directory were read. */
export interface DirectoryPosition {
  /** The number of bytes that were read of each file with entries. */
  readonly files: Readonly<Record<string, number>>
  /** Every amendment up to this number was read. */
  readonly amendment: number
  /** When. */
  readonly at: Millis
}

export const formatPosition = (position: DirectoryPosition): Position => JSON.stringify(position)

const isNumber = (u: unknown): u is number => typeof u === 'number'

/** Throws for a position of another kind of journal. */
export const parsePosition = (position: Position): DirectoryPosition => {
  const json: unknown = JSON.parse(position)
  const { files, amendment, at } = isObject(json) ? json : {}
  if (!isObject(files) || !isNumber(amendment) || !isNumber(at))
    throw new Error('this position is of another kind of journal')
  const offsets = Object.entries(files).flatMap(([name, offset]): [string, number][] =>
    isNumber(offset) ? [[name, offset]] : [],
  )
  return { files: Object.fromEntries(offsets), amendment, at }
}

/**
 * Whether everything that was read up to `a` was also read up to `b`.
 *
 * @param exists Whether a file is still there.
 */
export const isUpTo = (
  a: DirectoryPosition,
  b: DirectoryPosition,
  exists: (name: string) => boolean,
): boolean =>
  a.amendment <= b.amendment &&
  Object.entries(a.files).every(([name, offset]) => !exists(name) || offset <= (b.files[name] ?? 0))
