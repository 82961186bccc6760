import type { ClusterState } from '../../src/core/cluster-state.js'
import type { Journal, JournalEntry } from '../../src/core/journal.js'
import type { DiskCheck } from '../checks/disk-check.js'
import type { JournalKnowledge } from '../checks/journal-knowledge.js'
import type { LeaseCheck } from '../checks/lease-check.js'
import { Violation } from '../checks/violation.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'

export interface JournalWatch {
  readonly knowledge: JournalKnowledge
  readonly leases: LeaseCheck
  /** Called with what the journal says it has stored. */
  readonly stored: (entries: readonly JournalEntry[]) => void
  /** Runs a check, and reports what it finds. */
  readonly check: (check: () => void) => void
}

/** What is seen of a process and its machine. */
export interface WatchedProcess {
  readonly state: () => ClusterState | undefined
  /** Of a journal on a disk. */
  readonly disk?: DiskCheck | undefined
}

/** The journal of a process, watched: what it promises, and what the process knows when it calls again. */
export const watchedJournal = (
  journal: Journal,
  process: SimulatedProcess,
  { knowledge, leases, stored, check }: JournalWatch,
  { state, disk }: WatchedProcess,
): Journal => {
  /** A worker makes these calls one at a time, and folds what one has told it before the next. */
  const folded = (): void => {
    const current = state()
    if (current !== undefined) check(() => knowledge.folded(process.name, current))
  }
  return {
    append: async (entries, signal) => {
      // The marker of a checkpoint, which is appended beside the other calls.
      if (entries.some(({ source }) => source !== 'checkpoint')) folded()
      await journal.append(entries, signal)
      knowledge.stored(entries)
      stored(entries)
      // A disk that cannot be read shows elsewhere.
      void disk?.check(process.name, entries).catch((thrown: unknown) => {
        if (thrown instanceof Violation)
          check(() => {
            throw thrown
          })
      })
    },
    amend: async (entry, position, signal) => {
      folded()
      const isStored = await journal.amend(entry, position, signal)
      if (!isStored) return false
      knowledge.stored([entry])
      stored([entry])
      return true
    },
    catchUp: async (since, signal) => {
      folded()
      const { size } = knowledge
      const caughtUp = await journal.catchUp(since, signal)
      // The worker has given it up.
      if (!signal.aborted) knowledge.read(process.name, size)
      return caughtUp
    },
    checkpoint: (events, position, signal) => {
      check(() => leases.begins(process, 'checkpoint'))
      return journal.checkpoint(events, position, signal)
    },
    lease: async (work, ms, signal) => {
      if (ms === 0) leases.answeredLease(process, work, 0, false)
      const isGiven = await journal.lease(work, ms, signal)
      if (ms > 0 && !signal.aborted) leases.answeredLease(process, work, ms, isGiven)
      return isGiven
    },
  }
}
