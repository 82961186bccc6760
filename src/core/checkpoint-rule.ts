import type { Millis } from './clock.js'
import type { JournalEntry, JournalEvent } from './journal.js'

/** Fewer events are read faster than a checkpoint is written. */
const fewest = 2_000

/** Entries of a journal may expire: long before that, a checkpoint holds what they say. */
const mostMs: Millis = 6 * 3_600_000

/** How long it takes to read an event, as a number of tasks. */
const weightOf = (event: JournalEvent): number =>
  event._tag === 'TasksListed' || event._tag === 'TasksRelisted' ? 1 + event.tasks.length : 1

/**
 * Decides when a worker stores a checkpoint: when as many tasks and other events have followed the last one as there are
 * tasks in it, so that checkpoints cost no more than the entries, and a start reads at most twice the state. At the latest when one of
 * them is six hours old, even if no worker runs for so long.
 */
export class CheckpointRule {
  private weight = 0
  /** The time of the oldest event since the last checkpoint. */
  private since: Millis = Infinity

  constructor(private readonly now: () => Millis) {}

  /** Called with everything that was appended or read. */
  count({ at, events }: Pick<JournalEntry, 'at' | 'events'>): void {
    for (const event of events)
      if (event._tag === 'Checkpointed') this.restart()
      else {
        this.weight += weightOf(event)
        this.since = Math.min(this.since, at)
      }
  }

  /** Called when a checkpoint was stored, by this worker or another, or when it is another's turn. */
  restart(): void {
    this.weight = 0
    this.since = Infinity
  }

  isDue(tasks: number): boolean {
    if (this.weight === 0) return false
    return this.weight >= Math.max(fewest, tasks) || this.now() - this.since >= mostMs
  }
}
