import { CallReports } from '../../shared/async/call-reports.js'
import { untilItSucceeds } from '../../shared/async/until-it-succeeds.js'
import type { Subscriber } from 'rxjs'
import { backoff } from '../../core/backoff.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import type { ClusterState } from '../../core/cluster-state.js'
import type { ClusterEvent } from '../../core/event.js'
import { laterPosition, type LogPosition } from '../../core/log-position.js'
import type { Delivery, Notice } from '../../core/source.js'
import { awsTime, skewNews } from '../../shared/aws/aws-time.js'
import { type Decoded, explain } from '../ecs-events/ecs-event.js'
import type { KinesisStream, ShardId, Start, StreamRecord } from './kinesis-stream.js'
import { ReadRoom } from './read-room.js'
import { ShardLog } from './shard-log.js'
import { ShardReader } from './shard-reader.js'

/** Where a worker that knows nothing of the stream begins: with records that arrived so long ago, or with all. */
export type Beginning = { readonly agoMs: Millis } | 'horizon'

/** What a source remembers of its subscriptions. */
export interface StreamProgress {
  /** Where shards begin of which nothing is committed. */
  begin: Start | undefined
  readonly committed: Map<ShardId, LogPosition>
}

export interface KinesisSessionOptions {
  readonly stream: KinesisStream
  /** The name or ARN of the stream. */
  readonly streamName: string
  readonly progress: StreamProgress
  /** The worker's state, which may know positions from a journal. */
  readonly state: () => ClusterState
  readonly from: Beginning
  readonly pollMs: Millis
  readonly maxInFlight: number
  readonly clock: Clock
  readonly random: Random
  readonly decode: (text: string) => Decoded
  /** Called once, after the stop, when everything that was delivered is settled. */
  readonly ended: () => void
}

/** Events that are delivered until they are acknowledged. */
interface Batch {
  readonly events: readonly ClusterEvent[]
  /** The number of records that it stands for. */
  readonly records: number
  readonly nacks: number
  readonly acknowledge: () => void
}

/**
 * A read of more than 2 MB has the next ones refused for seconds. The events of tasks have a few kB each, and a record
 * may hold 1 MB.
 */
const mostRecords = 500

const longestNack: Millis = 900_000

/** One subscription to a stream: reads all shards until it is stopped, and settles what it delivers. */
export class KinesisSession {
  private readonly reading = new AbortController()
  private readonly room: ReadRoom
  private readonly opened = new Set<ShardId>()
  private readonly isNews = skewNews()
  private readonly startedAt: Millis
  /** Deliveries that the worker has not settled. */
  private unsettled = 0
  private over = false
  private hasWarned = false

  constructor(
    private readonly options: KinesisSessionOptions,
    private readonly subscriber: Subscriber<Delivery | Notice>,
  ) {
    this.room = new ReadRoom(options.maxInFlight, mostRecords)
    this.startedAt = options.clock.now()
  }

  start(): void {
    void this.openListed()
  }

  /** Stops reading; calls `ended` once everything is settled. What is settled later is still committed. */
  stop(): void {
    this.reading.abort()
    this.room.wake()
    this.finish()
  }

  private readonly report = (notice: Notice): void => this.subscriber.next(notice)
  private readonly listing = new CallReports('ListShards', this.report)

  private async openListed(): Promise<void> {
    const { clock, stream } = this.options
    const shards = await this.persist(this.listing, (signal) => stream.shards(signal))
    const { aheadMs } = awsTime(clock)
    if (aheadMs !== undefined && this.isNews(aheadMs)) this.report({ _tag: 'ClockSkew', aheadMs })
    if (shards !== undefined) this.open(shards)
  }

  private open(shards: readonly ShardId[]): void {
    for (const shard of shards) {
      if (this.opened.has(shard)) continue
      this.opened.add(shard)
      void this.follow(shard)
    }
  }

  /** Reads a shard, and then those that follow it. Their order is that of no event: the fold needs none. */
  private async follow(shard: ShardId): Promise<void> {
    const { stream, progress, pollMs, clock, random } = this.options
    const log = new ShardLog((position) => {
      const known = progress.committed.get(shard)
      progress.committed.set(shard, known === undefined ? position : laterPosition(known, position))
    })
    const reader = new ShardReader({
      stream,
      shard,
      start: this.startOf(shard),
      room: this.room,
      pollMs,
      clock,
      random,
      signal: this.reading.signal,
      report: this.report,
      deliver: (records) => this.deliver(shard, log, records),
      trimmed: () => this.warnOfGap(),
    })
    const end = await reader.run()
    if (end === undefined) return
    if (end.children === undefined) await this.openListed()
    else this.open(end.children)
  }

  private logOf(shard: ShardId): string {
    return `${this.options.streamName}/${shard}`
  }

  private startOf(shard: ShardId): Start {
    const { progress, state } = this.options
    const committed = progress.committed.get(shard)
    const stored = state().logs.get(this.logOf(shard))?.position
    if (committed !== undefined)
      return { _tag: 'At', position: stored === undefined ? committed : laterPosition(committed, stored) }
    if (stored !== undefined) return { _tag: 'At', position: stored }
    return (progress.begin ??= this.beginning())
  }

  /**
   * If anything of the stream is known, then of a shard of which nothing is known nothing was read: all of it is new,
   * or was there before the first worker and is little.
   */
  private beginning(): Start {
    const { from, clock, state } = this.options
    for (const log of state().logs.keys()) if (log.startsWith(this.logOf(''))) return { _tag: 'Horizon' }
    if (from === 'horizon') return { _tag: 'Horizon' }
    // Kinesis refuses times in its future. Its shards were just listed.
    const awsNow = awsTime(clock).awsNow || clock.now()
    const sinceStart = Math.max(0, clock.now() - this.startedAt)
    return { _tag: 'Since', time: Math.max(0, awsNow - sinceStart - from.agoMs) }
  }

  private deliver(shard: ShardId, log: ShardLog, records: readonly StreamRecord[]): void {
    const events: ClusterEvent[] = []
    const ignored = new Map<string, number>()
    let last: LogPosition = ''
    for (const { position, text } of records) {
      last = position
      const decoded = this.read(text)
      switch (decoded._tag) {
        case 'Event':
          events.push(decoded.event)
          break
        case 'Ignored':
          ignored.set(decoded.kind, (ignored.get(decoded.kind) ?? 0) + 1)
          break
        case 'Undecodable': {
          const id = `${shard}/${position}`
          this.report({ _tag: 'Undecodable', id, reason: decoded.reason, receives: undefined })
        }
      }
    }
    for (const [kind, count] of ignored) this.report({ _tag: 'Ignored', kind, count })
    events.push({ _tag: 'LogRead', log: this.logOf(shard), position: last })
    this.hand({ events, records: records.length, nacks: 0, acknowledge: log.add(last) })
  }

  private read(
    text: string,
  ):
    | Extract<Decoded, { _tag: 'Event' | 'Ignored' }>
    | { readonly _tag: 'Undecodable'; readonly reason: string } {
    try {
      const decoded = this.options.decode(text)
      return decoded._tag === 'Undecodable'
        ? { _tag: 'Undecodable', reason: explain(decoded.errors) }
        : decoded
    } catch (error) {
      return { _tag: 'Undecodable', reason: String(error) }
    }
  }

  private hand(batch: Batch): void {
    let isOpen = true
    const first = (settle: () => void) => (): void => {
      if (!isOpen) return
      isOpen = false
      this.unsettled--
      settle()
      this.finish()
    }
    this.unsettled++
    this.subscriber.next({
      _tag: 'Delivery',
      events: batch.events,
      ack: first(() => {
        batch.acknowledge()
        this.room.give(batch.records)
      }),
      nack: first(() => void this.handAgain(batch)),
    })
  }

  /** Delivers it again after a while. It stays in memory, because those after it may be acknowledged meanwhile. */
  private async handAgain(batch: Batch): Promise<void> {
    const { clock, random } = this.options
    const { signal } = this.reading
    const pause = backoff(batch.nacks, random, { base: 2_000, cap: longestNack })
    // Never 0, which would be a hot loop.
    await clock.sleep(Math.max(1_000, pause), signal)
    if (!signal.aborted) this.hand({ ...batch, nacks: batch.nacks + 1 })
  }

  /** Once, because it concerns most shards at the same time. */
  private warnOfGap(): void {
    if (this.hasWarned) return
    this.hasWarned = true
    this.report({
      _tag: 'Warning',
      message:
        `stream ${this.options.streamName} no longer holds the record where this worker had stopped, so events may ` +
        'have been lost: snapshots repair it; without them, restart what runs on ECS, or lengthen the retention ' +
        'of the stream to more than the longest pause of a worker',
    })
  }

  /** Retries a call until it succeeds. Resolves to `undefined` once stopped. */
  private async persist<A>(
    reports: CallReports,
    call: (signal: AbortSignal) => Promise<A>,
  ): Promise<A | undefined> {
    const { clock, random } = this.options
    const answer = await untilItSucceeds(call, {
      clock,
      random,
      signal: this.reading.signal,
      failed: (error, retryIn) => reports.failed(error, retryIn),
    })
    if (answer !== undefined) reports.succeeded()
    return answer
  }

  private finish(): void {
    if (this.over || !this.reading.signal.aborted || this.unsettled > 0) return
    this.over = true
    this.options.ended()
  }
}
