import type { ClusterState } from '../../src/core/cluster-state.js'
import type { JournalEntry, JournalEvent } from '../../src/core/journal.js'
import { reduce } from '../../src/core/reduce.js'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import { Violation } from './violation.js'

/** What is compared. Other knowledge is looked up again, so a worker may forget it. */
type Kept = Extract<JournalEvent, { readonly _tag: 'TaskChanged' | 'TasksListed' | 'TasksRelisted' }>

const isKept = (event: JournalEvent): event is Kept =>
  event._tag === 'TaskChanged' || event._tag === 'TasksListed' || event._tag === 'TasksRelisted'

/** Whether a worker may have forgotten the task, because a newer snapshot does not name it. */
const isForgotten = (event: Kept, { tasks, marks }: ClusterState): boolean => {
  if (event._tag !== 'TaskChanged' || tasks.has(event.task.arn)) return false
  const mark = marks.get(event.task.cluster)
  return (
    mark !== undefined && !mark.tasks.has(event.task.arn) && event.task.at + defaultSkewAllowanceMs < mark.at
  )
}

/** Of a task that stopped before the first snapshot, only what rejects late events is kept. */
const isReduced = (event: Kept, { tasks, marks }: ClusterState): boolean =>
  event._tag === 'TaskChanged' &&
  !marks.has(event.task.cluster) &&
  (tasks.get(event.task.arn)?.version ?? -1) >= event.task.version

const isKnown = (event: Kept, state: ClusterState): boolean => {
  switch (event._tag) {
    case 'TaskChanged':
      return isForgotten(event, state) || isReduced(event, state) || reduce(state, event) === state
    case 'TasksListed':
    case 'TasksRelisted':
      return (state.marks.get(event.cluster)?.order ?? -1) >= (event.order ?? event.at)
  }
}

const textOf = (event: Kept): string =>
  event._tag === 'TaskChanged'
    ? `version ${event.task.version} of ${event.task.arn}`
    : `the snapshot ${event.order ?? event.at} of ${event.cluster}`

/** A worker, as a reader of the journal. */
interface Reader {
  /** So many of the stored events are known to be in its state. */
  checked: number
  /** So many were stored when its last catch-up began. */
  due: number
}

/**
 * What workers were told is stored, and whether others know it: after a catch-up, a worker's state has everything that
 * was stored before the catch-up began. That of a worker which has just started has it from a checkpoint and what follows
 * it, so together they are the join of everything that was appended.
 */
export class JournalKnowledge {
  readonly #stored: Kept[] = []
  readonly #readers = new Map<string, Reader>()

  /** The journal has told a worker that it holds these. */
  stored(entries: readonly JournalEntry[]): void {
    for (const { events } of entries) for (const event of events) if (isKept(event)) this.#stored.push(event)
  }

  /** How much there is to know for who reads now. */
  get size(): number {
    return this.#stored.length
  }

  /** A catch-up has succeeded that began when there were so many. */
  read(process: string, size: number): void {
    const reader = this.#readers.get(process) ?? { checked: 0, due: 0 }
    this.#readers.set(process, { ...reader, due: size })
  }

  /** A worker has folded what it has read. */
  folded(process: string, state: ClusterState): void {
    const reader = this.#readers.get(process)
    if (reader === undefined) return
    for (; reader.checked < reader.due; reader.checked++) {
      const event = this.#stored[reader.checked]
      if (event !== undefined && !isKnown(event, state))
        throw new Violation(
          'a catch-up misses nothing',
          `${process} has caught up with the journal, and does not know ${textOf(event)}`,
        )
    }
  }

  ended(process: string): void {
    this.#readers.delete(process)
  }
}
