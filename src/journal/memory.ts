import type { CaughtUp, Journal, JournalEntry, JournalEvent, Position } from '../core/journal.js'

/** What several journals in one process share. */
export interface MemoryLog {
  readonly entries: { readonly entry: JournalEntry; readonly amends: boolean }[]
  checkpoint: { readonly events: readonly JournalEvent[]; readonly end: number } | undefined
  readonly leases: Map<string, { readonly holder: object; readonly until: number }>
}

export interface MemoryJournalOptions {
  /** Give one log to several journals, and their workers share it. Default: a log of its own. */
  readonly log?: MemoryLog
  /** The time for leases, in milliseconds. Default: the system clock. */
  readonly now?: () => number
}

/** An empty log. */
export const memoryLog = (): MemoryLog => ({ entries: [], checkpoint: undefined, leases: new Map() })

/**
 * A journal in memory, for tests, and as an example to copy. It keeps all entries. A position is the number of entries
 * that were read.
 */
export const memoryJournal = ({ log = memoryLog(), now = Date.now }: MemoryJournalOptions = {}): Journal => {
  const holder = {}

  const append = (entries: readonly JournalEntry[], amends: boolean): void => {
    for (const entry of entries) log.entries.push({ entry, amends })
  }

  const catchUp = (since: Position | undefined): CaughtUp => {
    const { entries, checkpoint } = log
    const position = String(entries.length)
    if (since !== undefined || checkpoint === undefined)
      return { entries: entries.slice(Number(since ?? 0)).map(({ entry }) => entry), position }
    const first: JournalEntry = {
      at: 0,
      source: 'checkpoint',
      events: [...checkpoint.events, { _tag: 'Checkpointed' }],
    }
    return { entries: [first, ...entries.slice(checkpoint.end).map(({ entry }) => entry)], position }
  }

  return {
    append: (entries) => {
      append(entries, false)
      return Promise.resolve()
    },
    amend: (entry, position) => {
      const isFirst = !log.entries.slice(Number(position)).some(({ amends }) => amends)
      if (isFirst) append([entry], true)
      return Promise.resolve(isFirst)
    },
    catchUp: (since) => Promise.resolve(catchUp(since)),
    checkpoint: (events, position) => {
      const end = Number(position)
      if (end >= (log.checkpoint?.end ?? 0)) log.checkpoint = { events: [...events], end }
      return Promise.resolve()
    },
    lease: (work, ms) => {
      const current = log.leases.get(work)
      const isFree = current === undefined || current.holder === holder || current.until <= now()
      if (isFree) log.leases.set(work, { holder, until: now() + ms })
      return Promise.resolve(isFree)
    },
  }
}
