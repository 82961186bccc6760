import type { Clock, Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import { checkpointEvents, checkpointLines } from '../checkpoint-lines.js'
import { packed, unpacked } from '../packed-lines.js'
import { DamagedParts, getParts, maxPartBytes, partsAttributes, partsOf, putParts } from './item-parts.js'
import { type Condition, type Item, type ItemKey, type JournalTable, numberOf } from './journal-table.js'
import { formatPosition, isUpTo, parsePosition, type TablePosition } from './table-position.js'

export interface CheckpointItemsSetup {
  readonly table: JournalTable
  readonly journal: string
  readonly newId: () => string
  readonly clock: Clock
}

export interface StoredCheckpoint {
  readonly at: Millis
  readonly events: readonly ClusterEvent[]
  readonly position: TablePosition
}

/** What precedes a checkpoint stays for readers that have begun to read it. Far longer than one takes. */
const keptMs: Millis = 900_000

/** Reading begins again if another checkpoint has replaced the one that is being read. */
const mostReplaced = 5

/** The head may only go forward. */
const forward = ({ entry, amendment }: TablePosition): Condition => ({
  expression:
    'attribute_not_exists(#journal) OR (#entry <= :entry AND #amendment <= :amendment AND (#entry < :entry OR #amendment < :amendment))',
  names: { '#journal': 'journal', '#entry': 'entry', '#amendment': 'amendment' },
  values: { ':entry': { N: String(entry) }, ':amendment': { N: String(amendment) } },
})

const placeOf = (item: Item): Pick<TablePosition, 'entry' | 'amendment'> => ({
  entry: numberOf(item['entry']),
  amendment: numberOf(item['amendment']),
})

/**
 * The checkpoints of a journal. The newest one is named by an item with the number 0, the head; its events are in parts
 * elsewhere. Nothing of it ever expires, because it may be all that is known of tasks that have not changed for weeks.
 *
 * Items with other numbers name the checkpoints that were begun. Those that can no longer become the newest are deleted
 * after the next one was stored.
 */
export class CheckpointItems {
  private readonly partition: string

  constructor(private readonly setup: CheckpointItemsSetup) {
    this.partition = `${setup.journal}/checkpoint`
  }

  async store(events: Iterable<ClusterEvent>, position: TablePosition, signal: AbortSignal): Promise<void> {
    const { table, newId, clock } = this.setup
    const id = newId()
    const own: Item = {
      id: { S: id },
      at: { N: String(clock.now()) },
      entry: { N: String(position.entry) },
      amendment: { N: String(position.amendment) },
    }
    await table.put({ journal: this.partition, number: attemptOf(id) }, own, signal)
    const parts = await putParts(
      table,
      this.parts(id),
      packed(checkpointLines(events), maxPartBytes),
      {},
      signal,
    )
    await table.putIf(
      this.head,
      { ...own, position: { S: formatPosition(position) }, ...partsAttributes(parts) },
      signal,
      forward(position),
    )
    await this.sweep(signal)
  }

  /** The position of the newest checkpoint. */
  async position(signal: AbortSignal): Promise<TablePosition | undefined> {
    const head = await this.setup.table.get(this.head, signal)
    return head === undefined ? undefined : parsePosition(head['position']?.S ?? '')
  }

  /** Rejects if the newest checkpoint is damaged. */
  async newest(signal: AbortSignal): Promise<StoredCheckpoint | undefined> {
    const { table } = this.setup
    let head = await table.get(this.head, signal)
    for (let i = 0; head !== undefined; i++)
      try {
        return await this.read(head, signal)
      } catch (thrown) {
        if (!(thrown instanceof DamagedParts)) throw thrown
        const now = await table.get(this.head, signal)
        if (now?.['id']?.S === head['id']?.S || i >= mostReplaced) throw this.explained(thrown)
        head = now
      }
    return undefined
  }

  private async read(head: Item, signal: AbortSignal): Promise<StoredCheckpoint> {
    const { table } = this.setup
    const parts = partsOf(head)
    if (parts === undefined) throw new DamagedParts('its head names no parts')
    const bytes = await getParts(table, this.parts(head['id']?.S ?? ''), parts, signal)
    const events: ClusterEvent[] = []
    try {
      for await (const event of checkpointEvents(unpacked(bytes))) events.push(event)
    } catch (thrown) {
      throw new Error(
        `the newest checkpoint of journal "${this.setup.journal}" cannot be read: ${String(thrown)}`,
        { cause: thrown },
      )
    }
    return { at: numberOf(head['at']), events, position: parsePosition(head['position']?.S ?? '') }
  }

  private explained(error: DamagedParts): Error {
    return new Error(
      `the newest checkpoint of journal "${this.setup.journal}" is damaged: ${error.message}. Restore the table from a backup. Or delete the item "${this.partition}" with number 0: workers then know only what the entries of the last days and the next snapshots say`,
      { cause: error },
    )
  }

  /** Deletes checkpoints that are older than the newest one. */
  private async sweep(signal: AbortSignal): Promise<void> {
    const { table, clock } = this.setup
    const head = await table.get(this.head, signal)
    if (head === undefined) return
    for await (const item of table.above(this.head, signal)) {
      const id = item['id']?.S ?? ''
      const age = Math.abs(clock.now() - numberOf(item['at']))
      if (id === head['id']?.S || age < keptMs || !isUpTo(placeOf(item), placeOf(head))) continue
      const partition = this.parts(id)
      for await (const part of table.above({ journal: partition, number: 0 }, signal))
        await table.delete({ journal: partition, number: numberOf(part['number']) }, signal)
      await table.delete({ journal: this.partition, number: numberOf(item['number']) }, signal)
    }
  }

  private get head(): ItemKey {
    return { journal: this.partition, number: 0 }
  }

  private parts(id: string): string {
    return `${this.partition}/${id}`
  }
}

/** A number for the item of a checkpoint that was begun, from its random id. */
const attemptOf = (id: string): number => 1 + Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
