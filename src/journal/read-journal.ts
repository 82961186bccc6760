import { type JournalItem, journalItems } from './journal-items.js'
import { journalLines } from './journal-lines.js'
import { maxLineBytes } from './journal.js'

export type { JournalItem, RecordedEntry } from './journal-items.js'

/**
 * Reads a journal, or raw EventBridge events, one per line; plain or gzip. A bad line yields an item of its own and
 * does not affect others. Rejects when the file cannot be read. `read` as in `journalLines`.
 */
export const readJournal = (
  file: string,
  signal: AbortSignal,
  read?: (bytes: number) => void,
): AsyncGenerator<JournalItem> => journalItems(file, journalLines(file, maxLineBytes, signal, read))
