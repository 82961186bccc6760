import type { ClusterEvent } from '../core/event.js'
import type { JournalItem, RecordedEntry } from './journal-items.js'
import { WholeSnapshots } from './whole-snapshots.js'

/** An item of several journals, with whole snapshots. */
export type MergedItem =
  | Exclude<JournalItem, { readonly _tag: 'Entry' }>
  | {
      readonly _tag: 'Entry'
      readonly file: string
      readonly line: number
      readonly entry: Omit<RecordedEntry, 'events'> & { readonly events: readonly ClusterEvent[] }
    }
  /** The entry that follows has a snapshot as the difference from one that is missing. It has only the tasks. */
  | { readonly _tag: 'Detached'; readonly file: string; readonly line: number; readonly cluster: string }

type EntryItem = Extract<JournalItem, { readonly _tag: 'Entry' }>

interface Head {
  readonly items: AsyncIterator<JournalItem>
  entry: EntryItem
}

/**
 * Merges several journals in the order of receipt; within a file, in the order of its lines. The sources of a worker,
 * which have separate files, are thereby read in the order in which the worker received their deliveries. Lines that
 * are not entries are passed on immediately. Keeps one entry of each file in memory, and the newest snapshot of each
 * cluster, because journals have later ones as differences. Rejects when a file cannot be read. Free of Node.
 */
export async function* mergedItems(files: readonly AsyncIterator<JournalItem>[]): AsyncGenerator<MergedItem> {
  const snapshots = new WholeSnapshots()
  for await (const item of merged(files)) {
    if (item._tag !== 'Entry') {
      yield item
      continue
    }
    const { file, line, entry } = item
    const { events, detached } = snapshots.expand(entry.events)
    for (const cluster of detached) yield { _tag: 'Detached', file, line, cluster }
    yield { ...item, entry: { ...entry, events } }
  }
}

async function* merged(files: readonly AsyncIterator<JournalItem>[]): AsyncGenerator<JournalItem> {
  const heads: Head[] = []
  for (const items of files) {
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
