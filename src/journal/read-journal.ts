import { journalLines } from './journal-lines.js'
import { decodeLine, type JournalEntry, maxLineBytes } from './journal.js'

/** What one line of a file is, and where it stands. */
export type JournalItem = {
  readonly file: string
  /** From 1. */
  readonly line: number
} & (
  | { readonly _tag: 'Entry'; readonly entry: JournalEntry }
  | { readonly _tag: 'Ignored'; readonly kind: string }
  | { readonly _tag: 'Undecodable'; readonly reason: string }
  /** The file ends in the middle of this line: its writer was stopped, or the copy is not whole. */
  | { readonly _tag: 'Cut' }
)

/**
 * Reads a journal, or events as EventBridge sends them, one a line; plain or gzip. A bad line is an item of its own,
 * and costs no other. Rejects when the file cannot be read.
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
