import { backoff } from '../../core/backoff.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import type { Notice } from '../../core/source.js'
import { batchSize, type ReceivedMessage, type SqsQueue } from './sqs-queue.js'

/** A message in flight in this process. It is updated when the message is received again. */
export interface Lease {
  readonly id: string
  /** The handle of the newest receive; SQS ignores older ones. */
  handle: string
  receives: number
  receivedAt: Millis
  /** When the message becomes visible to other consumers, unless it is extended. */
  deadline: Millis
  /** Whether to extend it; false once it is acknowledged. */
  wanted: boolean
}

export interface LeasesOptions {
  readonly queue: Pick<SqsQueue, 'hide'>
  /** How long a receive or an extension hides a message. */
  readonly visibilitySeconds: number
  readonly clock: Clock
  readonly random: Random
  readonly report: (notice: Notice) => void
}

/** The maximum time that SQS keeps a message hidden, counted from its receive. */
const longest: Millis = 12 * 3_600_000

/** Concurrent calls. At 100 ms per call, 2,000 messages take 2.5 s, well within a half-life of 15 s. */
const parallel = 8

/**
 * Tracks the messages in flight. Held leases are extended at half-life, in the order of their deadlines, with a single
 * timer. A lease that cannot be extended stays tracked, so that its message is renewed and not delivered twice if it is
 * received again.
 */
export class Leases {
  private readonly book = new Map<string, Lease>()
  /**
   * The leases to extend. Every receive or extension moves a lease to the end with the same time from now, so the
   * insertion order is that of the deadlines.
   */
  private readonly held = new Set<Lease>()
  private readonly visibility: Millis
  private readonly ended = new AbortController()
  private extending = false

  constructor(private readonly options: LeasesOptions) {
    this.visibility = options.visibilitySeconds * 1_000
  }

  /** The number of tracked messages, including those that only wait to be deleted. */
  get size(): number {
    return this.book.size
  }

  /** Tracks a message. It is not extended until it is held. */
  open({ id, handle, receives }: ReceivedMessage): Lease {
    const receivedAt = this.options.clock.now()
    const lease = { id, handle, receives, receivedAt, deadline: receivedAt + this.visibility, wanted: false }
    this.book.set(id, lease)
    return lease
  }

  /** Extends the lease from now on, until it is released or closed. */
  hold(lease: Lease): void {
    lease.wanted = true
    this.held.add(lease)
    void this.extend()
  }

  /** Updates the lease of a message that was received again. Returns false if the message is not tracked. */
  renew({ id, handle, receives }: ReceivedMessage): boolean {
    const lease = this.book.get(id)
    if (lease === undefined) return false
    lease.handle = handle
    lease.receives = receives
    lease.receivedAt = this.options.clock.now()
    lease.deadline = lease.receivedAt + this.visibility
    this.held.delete(lease)
    if (lease.wanted) this.hold(lease)
    return true
  }

  /** Stops extending the lease. */
  release(lease: Lease): void {
    lease.wanted = false
    this.held.delete(lease)
  }

  /** Releases and forgets the lease: if the message is received again, it is a new one. */
  close(lease: Lease): void {
    this.release(lease)
    this.book.delete(lease.id)
  }

  /** Stops all extensions. */
  end(): void {
    this.ended.abort()
  }

  private async extend(): Promise<void> {
    if (this.extending) return
    this.extending = true
    const { clock, random, report } = this.options
    const { signal } = this.ended
    for (let failures = 0; ;) {
      const [next] = this.held
      if (next === undefined) break
      await clock.sleep(Math.max(0, next.deadline - this.visibility / 2 - clock.now()), signal)
      if (signal.aborted) break
      const error = await this.round()
      if (error === undefined) {
        failures = 0
        continue
      }
      // Several attempts must fit into the remaining half-life.
      const retryIn = backoff(failures++, random, { cap: this.visibility / 16 })
      report({ _tag: 'SourceFailed', operation: 'ChangeMessageVisibilityBatch', error, retryIn })
      await clock.sleep(retryIn, signal)
    }
    this.extending = false
  }

  /** Extends the leases that are due, up to `parallel` batches. Returns an error if some must be retried. */
  private async round(): Promise<Error | undefined> {
    const now = this.options.clock.now()
    // Includes leases that are due soon, for fuller batches and fewer rounds.
    const horizon = now + this.visibility * 0.6
    const due: Lease[] = []
    let old = 0
    for (const lease of this.held) {
      if (lease.deadline > horizon || due.length === parallel * batchSize) break
      // Too late: another consumer may have received the message.
      if (lease.deadline <= now) this.held.delete(lease)
      else if (now + this.visibility > lease.receivedAt + longest) {
        this.held.delete(lease)
        old++
      } else due.push(lease)
    }
    if (old > 0)
      this.options.report({
        _tag: 'Warning',
        message:
          `${old} ${old === 1 ? 'message has' : 'messages have'} been in flight for 12 hours, the longest that SQS ` +
          'allows, and will be redelivered: find out which required sink has not settled them',
      })
    const batches: Promise<Error | undefined>[] = []
    for (let from = 0; from < due.length; from += batchSize)
      batches.push(this.extendBatch(due.slice(from, from + batchSize)))
    return (await Promise.all(batches)).find((error) => error !== undefined)
  }

  private async extendBatch(batch: readonly Lease[]): Promise<Error | undefined> {
    const { queue, visibilitySeconds, clock, report } = this.options
    const sentAt = clock.now()
    const changes = batch.map(({ handle }) => ({ handle, seconds: visibilitySeconds }))
    try {
      const refused = new Map((await queue.hide(changes)).map((refusal) => [refusal.index, refusal]))
      const lost: string[] = []
      let failed: Error | undefined
      for (const [index, lease] of batch.entries()) {
        // Settled during the call, or renewed by another receive.
        if (!this.held.has(lease) || lease.handle !== changes[index]?.handle) continue
        const refusal = refused.get(index)
        if (refusal?.transient === true) {
          failed = new Error(`message ${lease.id} was not extended: ${refusal.code}`)
          continue
        }
        this.held.delete(lease)
        if (refusal !== undefined) {
          lost.push(`${lease.id} (${refusal.code})`)
          continue
        }
        lease.deadline = sentAt + this.visibility
        this.held.add(lease)
      }
      if (lost.length > 0)
        report({
          _tag: 'SourceFailed',
          operation: 'ChangeMessageVisibilityBatch',
          error: new Error(`cannot be extended, and will be redelivered: ${lost.join(', ')}`),
          retryIn: undefined,
        })
      return failed
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}
