import type { Millis } from '../../core/clock.js'
import type { JournalEntry } from '../../core/journal.js'
import { packed, unpacked } from '../packed-lines.js'
import { entriesIn, linesOf } from '../stored-entries.js'
import { getParts, maxPartBytes, partsAttributes, partsOf, putParts } from './item-parts.js'
import type { Item, JournalTable } from './journal-table.js'

export interface EntryItemsSetup {
  readonly table: JournalTable
  readonly journal: string
  readonly newId: () => string
  /** The attribute of an item that lives as long as entries do, and `extraMs` longer. */
  readonly expires: (extraMs?: Millis) => Item
}

/** Parts of an entry live longer than the item that refers to them. */
const extraMs: Millis = 2 * 86_400_000

async function* chain(begin: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* begin
  yield* rest
}

/** Entries as the content of one item. */
export class EntryItems {
  constructor(private readonly setup: EntryItemsSetup) {}

  /**
   * The attributes of an item that holds these entries. What does not fit into the item has been put as parts before
   * this resolves. Rejects with an `UnwritableEntry`.
   */
  async make(entries: readonly JournalEntry[], signal: AbortSignal): Promise<Item> {
    const { table, newId, expires } = this.setup
    const id = newId()
    const own = { id: { S: id }, ...expires() }
    const packing = packed(linesOf(entries), maxPartBytes)
    const first = await packing.next()
    const second = await packing.next()
    if (first.done === true) return own
    if (second.done === true) return { ...own, body: { B: first.value } }
    const parts = chain([first.value, second.value], packing)
    const put = await putParts(table, this.partition(id), parts, expires(extraMs), signal)
    return { ...own, ...partsAttributes(put) }
  }

  /** The entries that an item holds. Rejects if they are damaged, or of a newer format. */
  async read(item: Item, signal: AbortSignal): Promise<readonly JournalEntry[]> {
    const { table } = this.setup
    const id = item['id']?.S ?? ''
    const parts = partsOf(item)
    const body = item['body']?.B
    const bytes =
      parts !== undefined
        ? await getParts(table, this.partition(id), parts, signal)
        : body !== undefined
          ? [body]
          : []
    const entries: JournalEntry[] = []
    try {
      for await (const entry of entriesIn(unpacked(bytes))) entries.push(entry)
    } catch (thrown) {
      throw new Error(
        `item ${item['number']?.N ?? ''} of "${item['journal']?.S ?? ''}" cannot be read: ${String(thrown)}`,
        { cause: thrown },
      )
    }
    return entries
  }

  private partition(id: string): string {
    return `${this.setup.journal}/parts/${id}`
  }
}
