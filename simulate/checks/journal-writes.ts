import type { StoredItem } from '../servers/stored-item.js'
import type { Table } from '../servers/table.js'
import type { TableWrite } from '../servers/dynamodb.js'
import { Violation } from './violation.js'

const numberOf = (item: StoredItem | undefined, attribute: string): number =>
  Number(item?.[attribute]?.N ?? 0)

/** The last part of the name of each partition that holds entries, and what the head of the checkpoints calls its place. */
const logs: ReadonlyMap<string, 'entry' | 'amendment'> = new Map([
  ['', 'entry'],
  ['/amendments', 'amendment'],
])

/**
 * What a journal in DynamoDB holds stays: nothing takes the place of an entry, of an amendment, or of a number that is
 * closed, and none of them goes before a checkpoint holds it.
 */
export class JournalWrites {
  constructor(private readonly journal: string) {}

  /** A worker has written to the table. */
  wrote({ before, after, by }: TableWrite): void {
    if (before === undefined || this.#logOf(before) === undefined) return
    throw new Violation(
      'the journal keeps what it holds',
      `${by.name} ${after === undefined ? 'deleted' : 'replaced'} number ${numberOf(before, 'number')} of ${before['journal']?.S ?? ''}`,
    )
  }

  /** The table is about to forget what has expired by `now`. */
  expires(table: Table, now: number): void {
    const head = table.get({ journal: { S: `${this.journal}/checkpoint` }, number: { N: '0' } })
    for (const item of table.expired(now)) {
      const log = this.#logOf(item)
      if (log !== undefined && numberOf(item, 'number') > numberOf(head, log))
        throw new Violation(
          'the journal keeps what it holds',
          `number ${numberOf(item, 'number')} of ${item['journal']?.S ?? ''} expires, and no checkpoint holds it`,
        )
    }
  }

  #logOf(item: StoredItem): 'entry' | 'amendment' | undefined {
    const partition = item['journal']?.S ?? ''
    if (!partition.startsWith(this.journal) || numberOf(item, 'number') < 1) return undefined
    return logs.get(partition.slice(this.journal.length))
  }
}
