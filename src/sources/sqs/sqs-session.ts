import { untilItSucceeds } from '../../shared/async/until-it-succeeds.js'
import { CallReports } from '../../shared/async/call-reports.js'
import type { Subscriber } from 'rxjs'
import { backoff, type BackoffOptions } from '../../core/backoff.js'
import type { Clock, Random } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import type { Delivery, Notice } from '../../core/source.js'
import { type AwsTime, awsTime, skewNews } from '../../shared/aws/aws-time.js'
import { type Decoded, explain } from '../ecs-events/ecs-event.js'
import { RecentMap } from '../../shared/async/recent-map.js'
import { type Lease, Leases } from './sqs-leases.js'
import { Outbox } from './sqs-outbox.js'
import { batchSize, type ReceivedMessage, type SqsQueue } from './sqs-queue.js'

export interface SqsSessionOptions {
  readonly queue: SqsQueue
  readonly polls: number
  readonly visibilitySeconds: number
  readonly maxInFlight: number
  readonly clock: Clock
  readonly random: Random
  readonly decode: (body: string) => Decoded
  /** Called once, after the stop, when all received messages are settled and SQS has confirmed it. */
  readonly ended: () => void
}

/** Number of deleted messages that are remembered to recognise late duplicates; about 2 MB. */
const remembered = 10_000

/** A nacked message is redelivered after 1 s to this many seconds; SQS uses whole seconds. */
const longestNackSeconds = 900

/** The result of `decode`, with the reason as text. */
type Reading =
  Extract<Decoded, { _tag: 'Event' | 'Ignored' }> | { readonly _tag: 'Undecodable'; readonly reason: string }

/** One subscription to a queue: receives messages until it is stopped, and settles them. */
export class SqsSession {
  private readonly receiving = new AbortController()
  private readonly leases: Leases
  private readonly deletions: Outbox
  private readonly returns: Outbox
  /** Deleted message ids, with the handles used. */
  private readonly deleted = new RecentMap<string>(remembered)
  /** The size of every poll. Polling for only the remaining free places would make many small calls. */
  private readonly most: number
  /** Places reserved for polls in progress. */
  private reserved = 0
  private waiting: (() => void)[] = []
  private readonly calls = new Map<string, CallReports>()
  private over = false
  private readonly time: AwsTime
  private readonly isNews = skewNews()

  constructor(
    private readonly options: SqsSessionOptions,
    private readonly subscriber: Subscriber<Delivery | Notice>,
  ) {
    const { queue, visibilitySeconds, maxInFlight, clock, random } = options
    const shared = {
      clock,
      random,
      report: (notice: Notice) => subscriber.next(notice),
      idle: () => this.finish(),
    }
    this.most = Math.min(batchSize, maxInFlight)
    this.time = awsTime(clock)
    this.leases = new Leases({ ...shared, queue, visibilitySeconds })
    this.deletions = new Outbox({
      ...shared,
      operation: 'DeleteMessageBatch',
      send: (leases) => queue.remove(leases.map(({ handle }) => handle)),
      settled: (lease) => {
        // Also if the deletion was given up: if the message is received again, it only has to be deleted.
        this.deleted.set(lease.id, lease.handle)
        this.leases.close(lease)
        this.wake()
      },
    })
    this.returns = new Outbox({
      ...shared,
      operation: 'ChangeMessageVisibilityBatch',
      send: (leases) =>
        queue.hide(leases.map((lease) => ({ handle: lease.handle, seconds: this.pause(lease) }))),
      settled: () => undefined,
    })
  }

  start(): void {
    void this.checkRedrive()
    for (let poll = 0; poll < this.options.polls; poll++) void this.poll()
  }

  /** Stops receiving; calls `ended` once everything is settled. */
  stop(): void {
    this.receiving.abort()
    this.wake()
    this.finish()
  }

  /** Stops, and no longer extends unsettled messages. Settling them later still works. */
  abandon(): void {
    this.leases.end()
    this.stop()
  }

  private async poll(): Promise<void> {
    const { queue } = this.options
    while (await this.reserve()) {
      const messages = await this.persist('ReceiveMessage', (signal) => queue.receive(this.most, signal))
      this.reserved -= this.most
      const { aheadMs } = this.time
      if (aheadMs !== undefined && this.isNews(aheadMs)) this.subscriber.next({ _tag: 'ClockSkew', aheadMs })
      // Messages that arrive during the stop are left to their visibility timeout, like those of an aborted poll.
      if (messages !== undefined && !this.receiving.signal.aborted) this.accept(messages)
      this.wake()
    }
  }

  private async checkRedrive(): Promise<void> {
    const redrive = await this.persist(
      'GetQueueAttributes',
      (signal) => this.options.queue.hasRedrive(signal),
      { base: 1_000, cap: 300_000 },
    )
    if (redrive === false)
      this.subscriber.next({
        _tag: 'Warning',
        message:
          'the queue has no redrive policy: a message that is not an event is redelivered until its retention ends. ' +
          'Set a RedrivePolicy with a dead letter queue and a maxReceiveCount of 5 or more',
      })
  }

  /** Waits until a full receive fits into `maxInFlight`, and reserves its places. Resolves to false once stopped. */
  private async reserve(): Promise<boolean> {
    const { maxInFlight } = this.options
    const { signal } = this.receiving
    while (!signal.aborted && this.leases.size + this.reserved + this.most > maxInFlight)
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    // Reserved synchronously after the check; an `await` in between would let several polls in.
    this.reserved += this.most
    return !signal.aborted
  }

  private wake(): void {
    const { waiting } = this
    if (waiting.length === 0) return
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Retries a call until it succeeds. Resolves to `undefined` once stopped. */
  private async persist<A>(
    operation: string,
    call: (signal: AbortSignal) => Promise<A>,
    options?: BackoffOptions,
  ): Promise<A | undefined> {
    const { clock, random } = this.options
    const reports = this.reportsOf(operation)
    const answer = await untilItSucceeds(call, {
      ...options,
      clock,
      random,
      signal: this.receiving.signal,
      failed: (error, retryIn) => reports.failed(error, retryIn),
    })
    if (answer !== undefined) reports.succeeded()
    return answer
  }

  /** All polls share the reports of their call. */
  private reportsOf(operation: string): CallReports {
    const found =
      this.calls.get(operation) ?? new CallReports(operation, (notice) => this.subscriber.next(notice))
    this.calls.set(operation, found)
    return found
  }

  private accept(messages: readonly ReceivedMessage[]): void {
    const events: ClusterEvent[] = []
    const leases: Lease[] = []
    const ignored = new Map<string, number>()
    for (const message of messages) {
      if (this.leases.renew(message)) continue
      if (this.deleted.get(message.id) !== undefined) {
        this.deletions.add(this.leases.open(message))
        continue
      }
      const reading = this.read(message.body)
      switch (reading._tag) {
        case 'Event': {
          const lease = this.leases.open(message)
          this.leases.hold(lease)
          leases.push(lease)
          events.push(reading.event)
          break
        }
        case 'Ignored':
          this.deletions.add(this.leases.open(message))
          ignored.set(reading.kind, (ignored.get(reading.kind) ?? 0) + 1)
          break
        case 'Undecodable': {
          const { id, receives } = message
          this.subscriber.next({ _tag: 'Undecodable', id, reason: reading.reason, receives })
        }
      }
    }
    for (const [kind, count] of ignored) this.subscriber.next({ _tag: 'Ignored', kind, count })
    if (events.length > 0) this.subscriber.next(this.delivery(events, leases))
  }

  private read(body: string): Reading {
    try {
      const decoded = this.options.decode(body)
      return decoded._tag === 'Undecodable'
        ? { _tag: 'Undecodable', reason: explain(decoded.errors) }
        : decoded
    } catch (error) {
      return { _tag: 'Undecodable', reason: String(error) }
    }
  }

  private delivery(events: readonly ClusterEvent[], leases: readonly Lease[]): Delivery {
    let open = true
    const first = (settle: (lease: Lease) => void) => (): void => {
      if (!open) return
      open = false
      leases.forEach(settle)
      this.wake()
    }
    return {
      _tag: 'Delivery',
      events,
      ack: first((lease) => {
        this.leases.release(lease)
        this.deletions.add(lease)
      }),
      nack: first((lease) => {
        this.leases.close(lease)
        this.returns.add(lease)
      }),
    }
  }

  /**
   * The delay after a nack, in seconds. Never 0, which would be a hot loop; grows with each receive, with random
   * jitter.
   */
  private pause({ receives }: Lease): number {
    const cap = longestNackSeconds * 1_000
    return Math.max(1, Math.ceil(backoff(receives - 1, this.options.random, { base: 2_000, cap }) / 1_000))
  }

  /**
   * Ends the session once everything is settled. Every settlement passes through an outbox, which calls this when idle.
   */
  private finish(): void {
    if (this.over || !this.receiving.signal.aborted) return
    if (this.leases.size > 0 || !this.deletions.idle || !this.returns.idle) return
    this.over = true
    this.leases.end()
    this.options.ended()
  }
}
