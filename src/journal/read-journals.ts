import { type JournalItem, readJournal } from './read-journal.js'

type EntryItem = Extract<JournalItem, { readonly _tag: 'Entry' }>

interface Head {
  readonly items: AsyncIterator<JournalItem>
  entry: EntryItem
}

/**
 * Reads several journals as one, in the order of receipt; within one file, in the order of its lines. So the sources
 * of a worker, which have files of their own, are read as the worker heard them. Lines that are no entries come as
 * soon as they are met. Holds one line of each file. Rejects when a file cannot be read.
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

/** Passes on what is no entry; returns the first that is, or nothing at the end. */
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
