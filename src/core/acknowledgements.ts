import type { TaskArn } from './arn.js'
import type { Clock, Millis } from './clock.js'
import { awaitsAnswer, type Desired, type Revision } from './desired.js'
import type { JournalEvent } from './journal.js'
import { Ledger } from './ledger.js'
import { LookupPatience } from './lookup-patience.js'
import type { Report } from './report.js'
import type { Delivery } from './source.js'

export interface AcknowledgementsOptions {
  /** As in `RunSetup`. */
  readonly ack: 'applied' | 'folded'
  /** The names of the required sinks. */
  readonly required: readonly string[]
  /** As in `RunSetup`. */
  readonly lookupWaitMs: Millis
  /** Whether snapshots will list the task again, so that its delivery need not wait for lookups without end. */
  readonly isCovered: (task: TaskArn) => boolean
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  readonly report: (report: Report) => void
}

/** Stands in the ledger for a delivery that is acknowledged when it is folded. */
const acknowledged: Pick<Delivery, 'ack' | 'nack'> = { ack: () => undefined, nack: () => undefined }

/** The running tasks in events, which targets may not be able to hold before lookups have answered. */
const runningTasks = (events: readonly JournalEvent[]): readonly TaskArn[] => {
  const running: TaskArn[] = []
  for (const event of events)
    if (
      event._tag === 'TaskChanged' &&
      event.task.lastStatus === 'RUNNING' &&
      event.task.desiredStatus === 'RUNNING'
    )
      running.push(event.task.arn)
  return running
}

const waitsForLookup = ({ unresolved }: Desired, task: TaskArn): boolean => awaitsAnswer(unresolved.get(task))

/** Acknowledges deliveries according to the setup, from the progress of the sinks, and reports it. */
export class Acknowledgements {
  private readonly ledger: Ledger
  private readonly patience: LookupPatience

  constructor(private readonly options: AcknowledgementsOptions) {
    const { required, lookupWaitMs, isCovered, clock, signal } = options
    this.ledger = new Ledger(required, (entry) => {
      if (entry.tasks.every(isCovered)) this.patience.add(entry)
    })
    this.patience = new LookupPatience({
      ms: lookupWaitMs,
      clock,
      signal,
      isWaiting: (entry) => this.ledger.isDeferred(entry),
      end: (entry) => {
        if (!this.ledger.forgo(entry)) return
        options.report({ _tag: 'AcknowledgedUnheld', tasks: entry.tasks, afterMs: lookupWaitMs })
        this.report(1)
      },
    })
  }

  /** The revision of the newest delivery; 0 before the first. */
  get revision(): Revision {
    return this.ledger.revision
  }

  /** The number of deliveries that are not acknowledged. */
  get unsettled(): number {
    return this.ledger.unsettled
  }

  /** Whether every required sink has reached the newest revision. */
  get quiet(): boolean {
    return this.ledger.quiet
  }

  /** Adds a delivery whose events are being folded. `newest`: their latest time. Returns the delivery's revision. */
  enter(delivery: Delivery, events: readonly JournalEvent[], newest: Millis | undefined): Revision {
    if (this.options.ack === 'applied') return this.ledger.enter(delivery, newest, runningTasks(events))
    const revision = this.ledger.enter(acknowledged, newest)
    delivery.ack()
    return revision
  }

  /** Called after the newest delivery was reported. Without required sinks, it has been acknowledged already. */
  reportEntered(): void {
    if (this.options.required.length === 0) this.report(1)
  }

  /** Called when a sink holds `desired`; `exact`: all of it. */
  settle(sink: string, desired: Desired, exact: boolean): void {
    const { revision } = desired
    const newest = this.ledger.newest(revision)
    const deliveries = this.ledger.settle(sink, revision, (task) => waitsForLookup(desired, task))
    this.options.report({ _tag: 'Synced', sink, revision, newest, exact })
    if (deliveries > 0) this.report(deliveries)
  }

  /** Nacks all unsettled deliveries at the end of a stop. */
  abandon(): void {
    const deliveries = this.ledger.abandon(new Error('the worker stopped before this was applied'))
    if (deliveries > 0) this.options.report({ _tag: 'Abandoned', deliveries })
  }

  private report(deliveries: number): void {
    this.options.report({ _tag: 'Acknowledged', deliveries, unsettled: this.ledger.unsettled })
  }
}
