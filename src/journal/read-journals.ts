import { type MergedItem, mergedItems } from './merged-items.js'
import { readJournal } from './read-journal.js'

export type { MergedItem } from './merged-items.js'

/** Reads several journals as one: see `mergedItems`. Rejects when a file cannot be read. */
export const readJournals = (
  files: readonly string[],
  signal: AbortSignal,
  read?: (bytes: number) => void,
): AsyncGenerator<MergedItem> => mergedItems(files.map((file) => readJournal(file, signal, read)))
