import { backoff } from './backoff.js'
import { CheckpointRule } from './checkpoint-rule.js'
import type { Source } from './source.js'
import type { Clock, Millis, Random } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import type { ClusterEvent } from './event.js'
import type { Heard } from './intake.js'
import {
  type Journal,
  type JournalEntry,
  type JournalEvent,
  type Position,
  UnwritableEntry,
} from './journal.js'
import type { JournalOperation, Report } from './report.js'
import { inSlices, type Sliced } from './sliced.js'
import { stateEvents } from './state-events.js'
import { withinTime } from './within-time.js'

export interface JournalFollowerOptions {
  readonly journal: Journal
  /** Timeout for a call to the journal; ten times as long for one that carries the whole state. */
  readonly timeoutMs: Millis
  /** How often to catch up when nothing else asks for it. */
  readonly catchUpMs: Millis
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly state: () => ClusterState
  /** What the state does not know of events. */
  readonly news: (events: readonly ClusterEvent[]) => Sliced<readonly JournalEvent[]>
  /** Called when the journal holds the news of a delivery, to have them folded. */
  readonly stored: (heard: Heard, events: readonly JournalEvent[]) => void
  /** Called with entries that were read, to have them folded. */
  readonly read: (entries: readonly JournalEntry[]) => void
  /** Resolves when all of that is folded. */
  readonly idle: () => Promise<void>
  /** Whether some entries that were read wait to be folded, so that the state is no checkpoint. */
  readonly isIncomplete: () => boolean
  readonly report: (report: Report) => void
}

/** A delivery, and what of it the journal does not know. */
interface News {
  readonly heard: Heard
  readonly entry: JournalEntry
}

/** Conflicts and failures of a journal usually pass within seconds, and everything waits for them. */
const retries = { base: 50, cap: 5_000 }

/** How long work is not done if the worker that did it alone was killed. */
export const leaseMs: Millis = 30_000

/** How many timeouts a call may take that carries the whole state: a snapshot, a checkpoint, a start. */
const longTimes = 10

/**
 * Keeps a worker's state and the journal together: what the worker hears is stored before it is folded, and what others
 * have stored is read. It makes one call at a time. So when it reads, the state has everything that it has stored.
 */
export class JournalFollower {
  private position: Position | undefined
  /** Deliveries that are not stored yet, in the order of arrival. */
  private readonly waiting = new Set<Heard>()
  private readonly snapshots = new Set<Heard>()
  private callers: (() => void)[] = []
  private isReadDue = true
  private isCheckpointing = false
  private awake: () => void = () => undefined
  private operation: JournalOperation = 'catchUp'
  private readonly checkpoints: CheckpointRule
  private announce: () => void = () => undefined
  /** Resolves when everything that the journal held at the start has been folded, or when `signal` aborts. */
  readonly begun = new Promise<void>((resolve) => (this.announce = resolve))

  constructor(private readonly options: JournalFollowerOptions) {
    this.checkpoints = new CheckpointRule(() => options.clock.now())
  }

  /** Works until `signal` aborts. Never rejects. */
  async follow(): Promise<void> {
    const { signal } = this.options
    signal.addEventListener('abort', () => this.end(), { once: true })
    void this.keepReading()
    for (let failures = 0; !signal.aborted;) {
      const work = new Promise<void>((resolve) => (this.awake = resolve))
      if (!this.isDue) await work
      failures = (await this.succeeds(failures)) ? 0 : failures + 1
    }
  }

  /** Stores what is new in a delivery, then has it folded. */
  store(heard: Heard): void {
    if (heard.events.some(({ _tag }) => _tag === 'TasksListed')) this.snapshots.add(heard)
    else this.waiting.add(heard)
    this.awake()
  }

  /** Resolves when the state has everything that the journal held when this was called; also when the worker stops. */
  caughtUp(): Promise<void> {
    if (this.options.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.callers.push(resolve)
      this.awake()
    })
  }

  /** As in `SourceContext`. */
  async alone<A extends object>(work: string, make: () => Promise<A>): Promise<A | undefined> {
    if (!(await this.lease(work, leaseMs))) return undefined
    const done = new AbortController()
    const kept = this.keep(work, done.signal)
    try {
      return await make()
    } finally {
      done.abort()
      await kept
      await this.lease(work, 0)
    }
  }

  /** Nacks the deliveries that are not stored yet. Returns their sources. */
  abandon(): readonly Source[] {
    const left = [...this.waiting, ...this.snapshots]
    for (const { delivery } of left)
      delivery.nack(new Error('the worker stopped before the journal held this event'))
    this.waiting.clear()
    this.snapshots.clear()
    return left.map(({ source }) => source)
  }

  private get isDue(): boolean {
    return this.isReadDue || this.waiting.size + this.snapshots.size + this.callers.length > 0
  }

  private async keepReading(): Promise<void> {
    const { clock, random, catchUpMs, signal } = this.options
    while (!signal.aborted) {
      await clock.sleep(catchUpMs * (0.9 + 0.2 * random()), signal)
      this.isReadDue = true
      this.awake()
    }
  }

  private end(): void {
    this.awake()
    this.announce()
    for (const resolve of this.callers.splice(0)) resolve()
  }

  /** Whether this worker has the lease. False while the journal cannot say. */
  private async lease(work: string, ms: Millis): Promise<boolean> {
    try {
      return await this.call((signal) => this.options.journal.lease(work, ms, signal))
    } catch (thrown) {
      this.fail('lease', thrown, ms)
      return false
    }
  }

  /** Extends a lease until the signal aborts. */
  private async keep(work: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.options.clock.sleep(leaseMs / 2, signal)
      if (signal.aborted) return
      await this.lease(work, leaseMs)
    }
  }

  private async succeeds(failures: number): Promise<boolean> {
    const { clock, random, signal } = this.options
    try {
      await this.work()
      return true
    } catch (thrown) {
      const retryIn = backoff(failures, random, retries)
      this.fail(this.operation, thrown, retryIn)
      await clock.sleep(retryIn, signal)
      return false
    }
  }

  private async work(): Promise<void> {
    // What is new can only be judged by a state that has what the journal holds.
    if (this.position === undefined) await this.readOn()
    await this.appendWaiting()
    await this.amendWaiting()
    if (this.isReadDue || this.callers.length > 0) await this.readOn()
    if (!this.isCheckpointing) void this.storeCheckpoint()
  }

  /** Appends the news of all waiting deliveries, except those with snapshots, in one call. */
  private async appendWaiting(): Promise<void> {
    if (this.waiting.size === 0) return
    const batch: News[] = []
    for (const heard of this.waiting) batch.push(await this.newsOf(heard))
    const news = batch.filter(({ entry }) => entry.events.length > 0)
    try {
      if (news.length > 0) await this.append(news.map(({ entry }) => entry))
    } catch (thrown) {
      if (!(thrown instanceof UnwritableEntry)) throw thrown
      await this.appendOneByOne(batch)
      return
    }
    for (const { heard, entry } of batch) this.settle(heard, entry.events)
    await this.options.idle()
  }

  /** One of several entries cannot be stored. The others must not wait for it. */
  private async appendOneByOne(batch: readonly News[]): Promise<void> {
    for (const { heard, entry } of batch)
      try {
        if (entry.events.length > 0) await this.append([entry])
        this.settle(heard, entry.events)
      } catch (thrown) {
        if (!(thrown instanceof UnwritableEntry)) throw thrown
        this.refuse(heard, thrown)
      }
    await this.options.idle()
  }

  /** Amends the journal with snapshots. Each is a difference from what everybody has amended before. */
  private async amendWaiting(): Promise<void> {
    for (;;) {
      const [heard] = this.snapshots
      if (heard === undefined || this.position === undefined) return
      const { entry } = await this.newsOf(heard)
      try {
        if (entry.events.length === 0 || (await this.amend(entry, this.position)))
          this.settle(heard, entry.events)
        else await this.readOn()
        await this.options.idle()
      } catch (thrown) {
        if (!(thrown instanceof UnwritableEntry)) throw thrown
        this.refuse(heard, thrown)
      }
    }
  }

  private async readOn(): Promise<void> {
    const callers = this.callers
    this.callers = []
    this.isReadDue = false
    this.operation = 'catchUp'
    try {
      const { journal, read, idle } = this.options
      const since = this.position
      const { entries, position } = await this.call(
        (signal) => journal.catchUp(since, signal),
        since === undefined ? longTimes : 1,
      )
      for (const entry of entries) this.checkpoints.count(entry)
      read(entries)
      await idle()
      this.position = position
    } catch (thrown) {
      this.callers.unshift(...callers)
      throw thrown
    }
    this.announce()
    for (const resolve of callers) resolve()
  }

  /** Stores a checkpoint if one is due, while the other calls go on. */
  private async storeCheckpoint(): Promise<void> {
    const { journal, isIncomplete, clock, report } = this.options
    const state = this.options.state()
    const { position } = this
    if (position === undefined || !this.checkpoints.isDue(state.tasks.size) || isIncomplete()) return
    this.isCheckpointing = true
    this.checkpoints.restart()
    try {
      const stored = await this.alone('checkpoint', async () => {
        const startedAt = clock.now()
        await this.call((inner) => journal.checkpoint(stateEvents(state), position, inner), longTimes)
        const marker: JournalEntry = {
          at: clock.now(),
          source: 'checkpoint',
          events: [{ _tag: 'Checkpointed' }],
        }
        await this.call((inner) => journal.append([marker], inner))
        return { tookMs: clock.now() - startedAt }
      })
      if (stored !== undefined) report({ _tag: 'CheckpointStored', tasks: state.tasks.size, ...stored })
    } catch (thrown) {
      this.fail('checkpoint', thrown, 0)
    }
    this.isCheckpointing = false
  }

  private async newsOf(heard: Heard): Promise<News> {
    const { clock, news, signal } = this.options
    let entry: JournalEntry = { at: clock.now(), source: heard.source.name, events: [] }
    if (heard.isFolded === true) return { heard, entry: { ...entry, events: heard.events } }
    await inSlices(
      news(heard.events),
      () => clock.sleep(0, signal),
      (events) => (entry = { ...entry, events }),
    )
    return { heard, entry }
  }

  private append(entries: readonly JournalEntry[]): Promise<void> {
    this.operation = 'append'
    return this.call((signal) => this.options.journal.append(entries, signal))
  }

  private amend(entry: JournalEntry, position: Position): Promise<boolean> {
    this.operation = 'amend'
    return this.call((signal) => this.options.journal.amend(entry, position, signal), longTimes)
  }

  private settle(heard: Heard, events: readonly JournalEvent[]): void {
    this.take(heard)
    this.checkpoints.count({ at: this.options.clock.now(), events })
    this.options.stored(heard, events)
  }

  private refuse(heard: Heard, error: UnwritableEntry): void {
    this.take(heard)
    heard.delivery.nack(error)
    this.options.report({ _tag: 'Unwritable', source: heard.source.name, error })
  }

  private take(heard: Heard): void {
    this.waiting.delete(heard)
    this.snapshots.delete(heard)
  }

  private call<A>(make: (signal: AbortSignal) => Promise<A>, times = 1): Promise<A> {
    const { clock, timeoutMs, signal } = this.options
    return withinTime(times * timeoutMs, clock, signal, make)
  }

  private fail(operation: JournalOperation, thrown: unknown, retryIn: Millis): void {
    if (this.options.signal.aborted) return
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    this.options.report({ _tag: 'JournalFailed', operation, error, retryIn })
  }
}
