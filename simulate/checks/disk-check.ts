import type { Journal, JournalEntry, Position } from '../../src/core/journal.js'
import { Violation } from './violation.js'

/** So many entries are remembered that were read before the worker was told that they are stored. */
const kept = 500

/** Reads the disk behind a worker's journal, at once and without faults: whether it has what the worker was told. */
export class DiskCheck {
  #position: Position | undefined
  readonly #read = new Set<string>()

  /** `journal`: over the same disk, by nobody's process. */
  constructor(private readonly journal: Journal) {}

  /** Rejects with a violation. */
  async check(process: string, entries: readonly JournalEntry[]): Promise<void> {
    const { signal } = new AbortController()
    const { entries: found, position } = await this.journal.catchUp(this.#position, signal)
    this.#position = position
    for (const entry of found) this.#read.add(JSON.stringify(entry))
    for (const entry of entries)
      if (!this.#read.has(JSON.stringify(entry)))
        throw new Violation(
          'the journal keeps what it holds',
          `${process} was told that an entry of ${entry.source} at ${entry.at} is stored, and no reader finds it`,
        )
    for (const old of [...this.#read].slice(0, -kept)) this.#read.delete(old)
  }
}
