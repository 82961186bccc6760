import type { Millis } from '../../core/clock.js'
import type { Position } from '../../core/journal.js'
import { isObject } from '../../shared/codec/json-object.js'

/** How far the two logs of a journal were read. */
export interface TablePosition {
  /** Every entry up to this number was read. */
  readonly entry: number
  /** Entries with higher numbers that were read, too: between them and `entry` is a number without an entry. */
  readonly beyond: readonly number[]
  /** Every amendment up to this number was read. */
  readonly amendment: number
  /** When, by the reader's clock. */
  readonly at: Millis
}

const isNumber = (u: unknown): u is number => typeof u === 'number'

export const formatPosition = ({ entry, beyond, amendment, at }: TablePosition): Position =>
  JSON.stringify({ entry, ...(beyond.length === 0 ? {} : { beyond }), amendment, at })

/** Throws for a position of another kind of journal. */
export const parsePosition = (position: Position): TablePosition => {
  const json: unknown = JSON.parse(position)
  if (!isObject(json)) throw new Error('this position is of another kind of journal')
  const { entry, beyond = [], amendment, at } = json
  if (!isNumber(entry) || !isNumber(amendment) || !isNumber(at) || !Array.isArray(beyond))
    throw new Error('this position is of another kind of journal')
  return { entry, beyond: beyond.filter(isNumber), amendment, at }
}

/** Whether everything that was read up to `a` was also read up to `b`, so that `b` may take the place of `a`. */
export const isUpTo = (
  a: Pick<TablePosition, 'entry' | 'amendment'>,
  b: Pick<TablePosition, 'entry' | 'amendment'>,
): boolean => a.entry <= b.entry && a.amendment <= b.amendment
