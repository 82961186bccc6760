import type { Millis } from './clock.js'
import type { JournalEntry } from './journal.js'

/** Fewer events are read faster than a checkpoint is written. */
const fewest = 2_000

/** Entries of a journal may expire: long before that, a checkpoint holds what they say. */
const mostMs: Millis = 6 * 3_600_000

/**
 * Decides when a worker stores a checkpoint: when as many events have followed the last one as there are tasks in it, so
 * that checkpoints cost no more than the entries, and a start reads at most twice the state. At the latest when one of
 * them is six hours old, even if no worker runs for so long.
 */
export class CheckpointRule {
  private events = 0
  /** The time of the oldest event since the last checkpoint. */
  private since: Millis = Infinity

  constructor(private readonly now: () => Millis) {}

  /** Called with everything that was appended or read. */
  count({ at, events }: Pick<JournalEntry, 'at' | 'events'>): void {
    for (const { _tag } of events)
      if (_tag === 'Checkpointed') this.restart()
      else {
        this.events++
        this.since = Math.min(this.since, at)
      }
  }

  /** Called when a checkpoint was stored, by this worker or another, or when it is another's turn. */
  restart(): void {
    this.events = 0
    this.since = Infinity
  }

  isDue(tasks: number): boolean {
    if (this.events === 0) return false
    return this.events >= Math.max(fewest, tasks) || this.now() - this.since >= mostMs
  }
}
