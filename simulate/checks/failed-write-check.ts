import type { Report } from '../../src/core/report.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'
import type { ConductCheck } from './conduct-check.js'
import { Violation } from './violation.js'

/** The operations that read a whole target. */
const reads: ReadonlySet<string> = new Set(['Scan', 'ListResourceRecordSets'])

/** After a write that failed as a whole, a worker does not know what its target holds: it reads before it plans. */
export class FailedWriteCheck implements ConductCheck {
  /** The processes that have not read since. */
  readonly #unsure = new Set<string>()

  answered({ name }: SimulatedProcess, { operation }: WireRequest, { status }: WireAnswer): void {
    if (status === 200 && reads.has(operation)) this.#unsure.delete(name)
  }

  /** A process has read a target that is not behind the wire. */
  read({ name }: SimulatedProcess): void {
    this.#unsure.delete(name)
  }

  reported({ name }: SimulatedProcess, report: Report): void {
    if (report._tag === 'SinkFailed' && report.operation === 'apply' && report.key === undefined)
      this.#unsure.add(name)
    if (report._tag === 'Planned' && this.#unsure.has(name))
      throw new Violation(
        'a worker learns from answers',
        `${name} plans after a write whose outcome it does not know, without reading the target`,
      )
  }

  ended({ name }: SimulatedProcess): void {
    this.#unsure.delete(name)
  }
}
