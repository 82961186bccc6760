import { setMaxListeners } from 'node:events'
import type { Clock, Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice } from '../core/source.js'
import { type MergedItem, readJournals } from './read-journals.js'

export interface ReplaySetup {
  readonly files: readonly string[]
  /** Leaves out entries received after this time. */
  readonly until: Millis
  /** The speed relative to the recording; `Infinity` for no waiting. */
  readonly speed: number
  readonly maxInFlight: number
  readonly clock: Clock
}

export interface ReplayOutcome {
  readonly _tag:
    /** Everything was read and settled. */
    | 'Done'
    /** A file could not be read; everything before was delivered. */
    | 'Failed'
    /** It was stopped before the end. */
    | 'Stopped'
  /** Number of deliveries. */
  readonly deliveries: number
  readonly error: Error | undefined
}

/** How long until a rejected delivery is delivered again. */
const againMs: Millis = 1000

/** Maximum lag that a replay catches up without waiting. A clock that jumps ahead looks like lag, too. */
const mostBehindMs: Millis = 60_000

/** One pass over the files, for one subscriber. */
export class ReplaySession {
  /** Resolves when reading has ended and all deliveries are settled. */
  readonly ended: Promise<ReplayOutcome>
  private end: (outcome: ReplayOutcome) => void = () => undefined
  /** Aborts reading and waiting. */
  private readonly stopped = new AbortController()
  /** The previous entry: when it was received, and when it was replayed. */
  private before: { readonly at: Millis; readonly here: Millis } | undefined
  /** How far the replay is ahead of schedule; negative if it is behind. */
  private ahead: Millis = 0
  private unsettled = 0
  private deliveries = 0
  /** Set when reading has ended. */
  private outcome: Pick<ReplayOutcome, '_tag' | 'error'> | undefined
  private roomMade: () => void = () => undefined

  constructor(
    private readonly setup: ReplaySetup,
    private readonly emit: (output: Delivery | Notice) => void,
  ) {
    // Every open file adds a listener, and a rotated journal has many files; this is not a leak.
    setMaxListeners(0, this.stopped.signal)
    this.ended = new Promise((resolve) => (this.end = resolve))
  }

  async run(): Promise<void> {
    try {
      for await (const item of readJournals(this.setup.files, this.stopped.signal)) {
        await this.offer(item)
        if (this.isStopped) break
      }
      this.finish({ _tag: 'Done', error: undefined })
    } catch (thrown) {
      if (this.isStopped) return
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      this.emit({ _tag: 'SourceFailed', operation: 'read', error, retryIn: undefined })
      this.finish({ _tag: 'Failed', error })
    }
  }

  /** Stops reading, and ends once all deliveries are settled. */
  stop(): void {
    // Deliveries that are still open may be rejected and not delivered again, so the outcome is not `Done`.
    if (this.outcome?._tag === 'Done' && this.unsettled > 0) this.outcome = undefined
    this.finish({ _tag: 'Stopped', error: undefined })
    this.stopped.abort()
    this.roomMade()
  }

  /** Ends immediately, without waiting for deliveries to settle. */
  abort(): void {
    this.unsettled = 0
    this.stop()
  }

  private get isStopped(): boolean {
    return this.stopped.signal.aborted
  }

  private finish(outcome: Pick<ReplayOutcome, '_tag' | 'error'>): void {
    this.outcome ??= outcome
    this.endIfSettled()
  }

  private endIfSettled(): void {
    if (this.outcome !== undefined && this.unsettled === 0)
      this.end({ ...this.outcome, deliveries: this.deliveries })
  }

  private async offer(item: MergedItem): Promise<void> {
    switch (item._tag) {
      case 'Entry': {
        const { at, events } = item.entry
        if (at > this.setup.until) return
        await this.due(at)
        await this.room()
        if (!this.isStopped) this.deliver(events)
        return
      }
      case 'Ignored':
        this.emit({ _tag: 'Ignored', kind: item.kind, count: 1 })
        return
      case 'Undecodable':
        this.emit({
          _tag: 'Undecodable',
          id: `${item.file}:${item.line}`,
          reason: item.reason,
          receives: undefined,
        })
        return
      case 'Detached':
        this.emit({
          _tag: 'Warning',
          message: `${item.file}:${item.line} has a snapshot of ${item.cluster} as the difference from an earlier one, which is not in the files: it rules out no task. Replay the files before, too`,
        })
        return
      case 'Cut':
        this.emit({
          _tag: 'Warning',
          message: `${item.file} ends in the middle of line ${item.line}, which is ignored: its writer was stopped there, or the copy is incomplete`,
        })
        return
    }
  }

  /**
   * Waits until an entry is due, by the time between it and the previous one. A clock that was set during the
   * recording, or is set now, therefore makes only one entry early, and delays none of the following.
   */
  private async due(at: Millis): Promise<void> {
    const { clock, speed } = this.setup
    if (speed === Infinity) return
    const here = clock.now()
    if (this.before !== undefined) {
      const gap = Math.max(0, at - this.before.at) / speed
      const passed = Math.max(0, here - this.before.here)
      this.ahead = Math.max(-mostBehindMs, this.ahead + gap - passed)
    }
    this.before = { at, here }
    if (this.ahead > 0) await clock.sleep(this.ahead, this.stopped.signal)
  }

  private async room(): Promise<void> {
    while (!this.isStopped && this.unsettled >= this.setup.maxInFlight)
      await new Promise<void>((resolve) => (this.roomMade = resolve))
  }

  private deliver(events: readonly ClusterEvent[]): void {
    this.unsettled++
    this.deliveries++
    this.pass(events)
  }

  private pass(events: readonly ClusterEvent[]): void {
    let open = true
    const settle = (how: () => void) => (): void => {
      if (!open) return
      open = false
      how()
    }
    this.emit({
      _tag: 'Delivery',
      events,
      ack: settle(() => this.settled()),
      nack: settle(() => void this.passAgain(events)),
    })
  }

  /** Stays unsettled in the meantime, so the bound holds. After a stop, a rejection settles the delivery. */
  private async passAgain(events: readonly ClusterEvent[]): Promise<void> {
    if (!this.isStopped) await this.setup.clock.sleep(againMs, this.stopped.signal)
    if (this.isStopped) this.settled()
    else this.pass(events)
  }

  private settled(): void {
    this.unsettled--
    this.roomMade()
    this.endIfSettled()
  }
}
