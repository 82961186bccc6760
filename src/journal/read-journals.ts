import { type JournalItem, readJournal } from './read-journal.js'

type EntryItem = Extract<JournalItem, { readonly _tag: 'Entry' }>

interface Head {
  readonly items: AsyncIterator<JournalItem>
  entry: EntryItem
}

/**
 * Merges several journals in the order of receipt; within a file, in the order of its lines. The sources of a worker,
 * which have separate files, are thereby read in the order in which the worker received their deliveries. Lines that
 * are not entries are passed on immediately. Keeps one line of each file in memory. Rejects when a file cannot be read.
 */
export async function* readJournals(
  files: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<JournalItem> {
  const heads: Head[] = []
  for (const file of files) {
    const items = readJournal(file, signal)
    const entry = yield* untilEntry(items)
    if (entry !== undefined) heads.push({ items, entry })
  }
  for (;;) {
    const [first, ...others] = heads
    if (first === undefined) return
    const head = others.reduce(
      (least, one) => (one.entry.entry.at < least.entry.entry.at ? one : least),
      first,
    )
    yield head.entry
    const next = yield* untilEntry(head.items)
    if (next === undefined) heads.splice(heads.indexOf(head), 1)
    else head.entry = next
  }
}

/** Yields items up to the first entry, and returns that entry, or `undefined` at the end. */
async function* untilEntry(
  items: AsyncIterator<JournalItem>,
): AsyncGenerator<JournalItem, EntryItem | undefined> {
  for (;;) {
    const next = await items.next()
    if (next.done === true) return undefined
    if (next.value._tag === 'Entry') return next.value
    yield next.value
  }
}
