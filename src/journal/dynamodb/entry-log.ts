import type { Clock, Millis } from '../../core/clock.js'
import type { JournalEntry } from '../../core/journal.js'
import type { EntryItems } from './entry-items.js'
import { type Item, type JournalTable, numberOf } from './journal-table.js'
import type { TablePosition } from './table-position.js'

export interface EntryLogSetup {
  readonly table: JournalTable
  readonly journal: string
  readonly items: EntryItems
  readonly clock: Clock
  /** How long to wait for the entry of a number that was reserved before one that has an entry. */
  readonly gapMs: Millis
  /** A number that was reserved so long ago must not be used. */
  readonly reservationMs: Millis
  /** The attribute of an item that lives as long as entries do. */
  readonly expires: () => Item
}

export interface LogRead extends Pick<TablePosition, 'entry' | 'beyond'> {
  readonly entries: readonly JournalEntry[]
}

/** The most gaps that one call closes. The next ones close the others. */
const mostFilled = 8

const isVoid = (item: Item): boolean => item['void'] !== undefined

/**
 * The entries of all writers, as items with the numbers 1, 2, 3, … A writer reserves a number, and then puts its entry
 * there. So an entry may become visible after one with a higher number, and a writer that dies leaves a gap.
 *
 * Readers stay at a gap until it is closed. If that takes too long, they close it themselves, with an item that is void.
 * Both puts have the condition that there is no item, so that one of them succeeds. A writer that comes too late takes
 * another number. So every reader gets every entry, whatever clocks say.
 */
export class EntryLog {
  /** Since when this reader has seen a gap, by number. */
  private gaps: ReadonlyMap<number, Millis> = new Map()

  constructor(private readonly setup: EntryLogSetup) {}

  async append(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void> {
    const { table, journal, items, clock, reservationMs } = this.setup
    const item = await items.make(entries, signal)
    for (;;) {
      signal.throwIfAborted()
      const reservedAt = clock.now()
      const number = await table.increment({ journal, number: 0 }, signal)
      // A void item may have expired if this process was suspended for days.
      if (Math.abs(clock.now() - reservedAt) > reservationMs) continue
      const found = await table.putIf({ journal, number }, item, signal)
      // The SDK repeats a put whose answer was lost: then the item is our own.
      if (found === undefined || found['id']?.S === item['id']?.S) return
    }
  }

  /**
   * The entries after a position. Resolves to `undefined` if one of them has expired.
   *
   * @param expired The number up to which missing entries have expired, because a checkpoint holds them.
   */
  async read(
    { entry, beyond }: Pick<TablePosition, 'entry' | 'beyond'>,
    expired: () => Promise<number>,
    signal: AbortSignal,
  ): Promise<LogRead | undefined> {
    const { table, journal, items } = this.setup
    const entries: JournalEntry[] = []
    const numbers = new Set(beyond)
    for await (const item of table.above({ journal, number: entry }, signal)) {
      const number = numberOf(item['number'])
      if (numbers.has(number)) continue
      numbers.add(number)
      if (isVoid(item)) continue
      for (const one of await items.read(item, signal)) entries.push(one)
    }
    const due = this.dueGaps(entry, numbers)
    const [first] = due
    if (first !== undefined && first <= (await expired())) return undefined
    await Promise.all(
      due.map(async (number) => {
        if (await this.fill(number, signal)) numbers.add(number)
      }),
    )
    let reached = entry
    while (numbers.delete(reached + 1)) reached++
    return { entries, entry: reached, beyond: [...numbers].filter((number) => number > reached) }
  }

  /** The gaps that are to be closed. Notes the others. */
  private dueGaps(entry: number, numbers: ReadonlySet<number>): readonly number[] {
    const { clock, gapMs } = this.setup
    const now = clock.now()
    let highest = entry
    for (const number of numbers) highest = Math.max(highest, number)
    const gaps = new Map<number, Millis>()
    for (let number = entry + 1; number < highest; number++)
      // A clock that was set back must not make the wait long.
      if (!numbers.has(number)) gaps.set(number, Math.min(now, this.gaps.get(number) ?? now))
    this.gaps = gaps
    return [...gaps].flatMap(([number, since]) => (now - since >= gapMs ? [number] : [])).slice(0, mostFilled)
  }

  /** Whether the gap is closed by this call. If not, it has an entry now, or it is left for the next time. */
  private async fill(number: number, signal: AbortSignal): Promise<boolean> {
    const { table, journal, expires } = this.setup
    try {
      const found = await table.putIf({ journal, number }, { void: { BOOL: true }, ...expires() }, signal)
      return found === undefined || isVoid(found)
    } catch {
      // What was read must not wait for this.
      return false
    }
  }
}
