import type { Report } from '../../src/core/report.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'
import type { ConductCheck } from './conduct-check.js'
import { tableName } from '../targets/table-target.js'
import { ConflictCheck } from './conflict-check.js'
import { FailedWriteCheck } from './failed-write-check.js'
import { HeldMessagesCheck } from './held-messages-check.js'
import { JournalKnowledge } from './journal-knowledge.js'
import { JournalWrites } from './journal-writes.js'
import { LeaseCheck } from './lease-check.js'

export interface ConductOptions {
  /** The name of the journal. */
  readonly journal: string
  /** Whether workers have a journal, which gives leases. */
  readonly hasJournal: boolean
}

/** What workers do, whatever the target holds in the end: their calls, what they make of answers, their journal. */
export class Conduct {
  readonly knowledge = new JournalKnowledge()
  readonly leases = new LeaseCheck()
  readonly journal: JournalWrites
  readonly #failedWrites = new FailedWriteCheck()
  readonly #checks: readonly ConductCheck[]

  constructor({ journal, hasJournal }: ConductOptions) {
    this.journal = new JournalWrites(journal)
    this.#checks = [
      new ConflictCheck(tableName),
      this.#failedWrites,
      new HeldMessagesCheck(),
      ...(hasJournal ? [this.leases] : []),
    ]
  }

  sent(process: SimulatedProcess, request: WireRequest): void {
    for (const check of this.#checks) check.sent?.(process, request)
  }

  answered(process: SimulatedProcess, request: WireRequest, answer: WireAnswer): void {
    for (const check of this.#checks) check.answered?.(process, request, answer)
  }

  /** A process has read a target that is not behind the wire. */
  read(process: SimulatedProcess): void {
    this.#failedWrites.read(process)
  }

  reported(process: SimulatedProcess, report: Report): void {
    for (const check of this.#checks) check.reported?.(process, report)
  }

  ended(process: SimulatedProcess): void {
    for (const check of this.#checks) check.ended?.(process)
    this.knowledge.ended(process.name)
  }
}
