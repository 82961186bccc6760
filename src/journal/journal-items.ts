import type { Millis } from '../core/clock.js'
import type { JournalEvent } from '../core/journal.js'
import { JoinedSlices } from './entry-slices.js'
import type { FileLine } from './file-line.js'
import { type DecodedLine, decodeLine, type JournalLine, maxLineBytes } from './journal.js'

/** One delivery. */
export interface RecordedEntry {
  /** The time of receipt. */
  readonly at: Millis
  /** The name of the source that delivered it; `undefined` for a raw EventBridge event. */
  readonly source: string | undefined
  readonly events: readonly JournalEvent[]
}

/** Lines of a file, decoded, with their position. */
export type JournalItem = {
  readonly file: string
  /** Starts at 1. The last line of an entry. */
  readonly line: number
} & (
  | { readonly _tag: 'Entry'; readonly entry: RecordedEntry }
  | { readonly _tag: 'Ignored'; readonly kind: string }
  | { readonly _tag: 'Undecodable'; readonly reason: string }
  /** The file ends in the middle of this line or its entry: its writer was interrupted, or the copy is incomplete. */
  | { readonly _tag: 'Cut' }
)

const tooLong: DecodedLine = {
  _tag: 'Undecodable',
  reason: `$: expected a line of at most ${maxLineBytes} bytes, got a longer one`,
}

const restMissing = '$.more: expected the next line to continue this entry: its writer was interrupted'
const beginMissing = '$.part: expected the line before to begin this entry: it is missing or damaged'

/** The lines of an entry that is not complete yet. */
interface Begun {
  readonly slices: JoinedSlices
  readonly first: JournalLine
  readonly line: number
}

/**
 * What the lines of a journal say, or raw EventBridge events, one per line. A bad line yields an item of its own and does
 * not affect others. Free of Node: a page reads files with it, too.
 */
export async function* journalItems(
  file: string,
  lines: AsyncIterable<FileLine>,
): AsyncGenerator<JournalItem> {
  let begun: Begun | undefined
  for await (const { number: line, text, ended } of lines) {
    const place = { file, line }
    const decoded = text === undefined ? tooLong : decodeLine(text)
    if (decoded._tag === 'NotJson' && !ended) {
      yield { ...place, _tag: 'Cut' }
      return
    }
    if (decoded._tag !== 'Line') {
      yield decoded._tag === 'NotJson'
        ? { ...place, ...decoded, _tag: 'Undecodable' }
        : { ...place, ...decoded }
      continue
    }
    const { at, source, part } = decoded.line
    if (part === 0) {
      if (begun !== undefined) yield { file, line: begun.line, _tag: 'Undecodable', reason: restMissing }
      begun = { slices: new JoinedSlices(), first: decoded.line, line }
    }
    const isOfBegun = begun?.first.at === at && begun.first.source === source
    const joining = isOfBegun ? begun?.slices.add(decoded.line) : undefined
    if (joining?._tag === 'Partial' && begun !== undefined) {
      begun = { ...begun, line }
      continue
    }
    begun = undefined
    if (joining?._tag === 'Whole')
      yield { ...place, _tag: 'Entry', entry: { at, source, events: joining.events } }
    else yield { ...place, _tag: 'Undecodable', reason: beginMissing }
  }
  if (begun !== undefined) yield { file, line: begun.line, _tag: 'Cut' }
}
