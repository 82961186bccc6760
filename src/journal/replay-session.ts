import { setMaxListeners } from 'node:events'
import type { Clock, Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice } from '../core/source.js'
import type { JournalItem } from './read-journal.js'
import { readJournals } from './read-journals.js'

export interface ReplaySetup {
  readonly files: readonly string[]
  /** Entries received later are left out. */
  readonly until: Millis
  /** How many times as fast as it was received; `Infinity`: without waiting. */
  readonly speed: number
  readonly maxInFlight: number
  readonly clock: Clock
}

export interface ReplayOutcome {
  readonly _tag:
    /** Everything was read and settled. */
    | 'Done'
    /** A file could not be read; what was read by then was delivered. */
    | 'Failed'
    /** It was stopped before its end. */
    | 'Stopped'
  /** How many deliveries there were. */
  readonly deliveries: number
  readonly error: Error | undefined
}

/** How long a delivery that was refused stays away. */
const againMs: Millis = 1000

/** What a replay that is behind catches up without waiting; a clock that jumped ahead looks like that, too. */
const mostBehindMs: Millis = 60_000

/** One reading of the files, for one subscriber. */
export class ReplaySession {
  /** Resolves when nothing more comes and all is settled. */
  readonly ended: Promise<ReplayOutcome>
  private end: (outcome: ReplayOutcome) => void = () => undefined
  /** Aborts reading and waiting. */
  private readonly stopped = new AbortController()
  /** When the entry before was received, and when its turn was here. */
  private before: { readonly at: Millis; readonly here: Millis } | undefined
  /** How far ahead of its time the replay is; below zero, how far behind. */
  private ahead: Millis = 0
  private unsettled = 0
  private deliveries = 0
  /** Set once nothing more is read. */
  private outcome: Pick<ReplayOutcome, '_tag' | 'error'> | undefined
  private roomMade: () => void = () => undefined

  constructor(
    private readonly setup: ReplaySetup,
    private readonly emit: (output: Delivery | Notice) => void,
  ) {
    // Every open file listens, and a rotated journal has many: that is no leak.
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

  /** Reads nothing more, and ends once what was delivered is settled. */
  stop(): void {
    // What is settled from here on may be refused for good.
    if (this.outcome?._tag === 'Done' && this.unsettled > 0) this.outcome = undefined
    this.finish({ _tag: 'Stopped', error: undefined })
    this.stopped.abort()
    this.roomMade()
  }

  /** Ends at once. */
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

  private async offer(item: JournalItem): Promise<void> {
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
      case 'Cut':
        this.emit({
          _tag: 'Warning',
          message: `${item.file} ends in the middle of line ${item.line}, which is left out: its writer was stopped there, or the copy is not whole`,
        })
        return
    }
  }

  /**
   * Waits until an entry's turn, by what lies between it and the one before. So a clock that was set while recording, or
   * is set now, makes one entry early and holds up none that follow.
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

  /** It is unsettled meanwhile, so the bound holds. Once stopped, to refuse it is to settle it. */
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
