import { journalLines } from './journal-lines.js'
import { decodeLine, type JournalEntry, maxLineBytes } from './journal.js'

/** One line of a file, decoded, with its position. */
export type JournalItem = {
  readonly file: string
  /** Starts at 1. */
  readonly line: number
} & (
  | { readonly _tag: 'Entry'; readonly entry: JournalEntry }
  | { readonly _tag: 'Ignored'; readonly kind: string }
  | { readonly _tag: 'Undecodable'; readonly reason: string }
  /** The file ends in the middle of this line: its writer was interrupted, or the copy is incomplete. */
  | { readonly _tag: 'Cut' }
)

/**
 * Reads a journal, or raw EventBridge events, one per line; plain or gzip. A bad line yields an item of its own and
 * does not affect others. Rejects when the file cannot be read.
 */
export async function* readJournal(file: string, signal: AbortSignal): AsyncGenerator<JournalItem> {
  for await (const { number: line, text, ended } of journalLines(file, maxLineBytes, signal)) {
    const place = { file, line }
    if (text === undefined) {
      yield {
        ...place,
        _tag: 'Undecodable',
        reason: `$: expected a line of at most ${maxLineBytes} bytes, got a longer one`,
      }
      continue
    }
    const decoded = decodeLine(text)
    if (decoded._tag !== 'NotJson') yield { ...place, ...decoded }
    else if (ended) yield { ...place, _tag: 'Undecodable', reason: decoded.reason }
    else yield { ...place, _tag: 'Cut' }
  }
}
