import type { JournalEntry } from '../../core/journal.js'
import type { EntryItems } from './entry-items.js'
import { type JournalTable, numberOf } from './journal-table.js'

export interface AmendmentLogSetup {
  readonly table: JournalTable
  readonly journal: string
  readonly items: EntryItems
}

export interface AmendmentsRead {
  readonly entries: readonly JournalEntry[]
  readonly amendment: number
  /** Whether the first one does not follow the position, because those between have expired. */
  readonly isTorn: boolean
}

/** Amendments, as items with the numbers 1, 2, 3, … Nobody can put one without having read the one before. */
export class AmendmentLog {
  private readonly partition: string

  constructor(private readonly setup: AmendmentLogSetup) {
    this.partition = `${setup.journal}/amendments`
  }

  /** Whether this entry became the one after `amendment`. */
  async amend(entry: JournalEntry, amendment: number, signal: AbortSignal): Promise<boolean> {
    const { table, items } = this.setup
    const item = await items.make([entry], signal)
    const found = await table.putIf({ journal: this.partition, number: amendment + 1 }, item, signal)
    return found === undefined || found['id']?.S === item['id']?.S
  }

  async read(since: number, signal: AbortSignal): Promise<AmendmentsRead> {
    const { table, items } = this.setup
    const entries: JournalEntry[] = []
    let amendment = since
    let isTorn = false
    for await (const item of table.above({ journal: this.partition, number: since }, signal)) {
      const number = numberOf(item['number'])
      if (number !== amendment + 1) isTorn = true
      amendment = number
      for (const entry of await items.read(item, signal)) entries.push(entry)
    }
    return { entries, amendment, isTorn }
  }
}
