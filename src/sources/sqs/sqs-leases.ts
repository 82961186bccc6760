import { backoff } from '../../core/backoff.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import type { Notice } from '../../core/source.js'
import { batchSize, type ReceivedMessage, type SqsQueue } from './sqs-queue.js'

/** A message that this process holds. It lives on, with new values, when the message is received again. */
export interface Lease {
  readonly id: string
  /** Of the newest receive: SQS heeds no other. */
  handle: string
  receives: number
  receivedAt: Millis
  /** When SQS will hand the message to whoever asks, unless it is extended. */
  deadline: Millis
  /** Whether it is to be extended: not from its acknowledgement on. */
  wanted: boolean
}

export interface LeasesOptions {
  readonly queue: Pick<SqsQueue, 'hide'>
  /** For how long a receive and each extension hide a message. */
  readonly visibilitySeconds: number
  readonly clock: Clock
  readonly random: Random
  readonly report: (notice: Notice) => void
}

/** SQS extends no message beyond this, counted from its receive. */
const longest: Millis = 12 * 3_600_000

/** Calls at once: at 100 ms a call, 2,000 messages take 2.5 s, which a half-life of 15 s leaves room for. */
const parallel = 8

/**
 * The book of the messages in flight. Those that are held are extended at half-life, in the order of their deadlines,
 * by one timer for all. A lease that could not be extended stays in the book: should its message come again, it is
 * renewed, not delivered twice.
 */
export class Leases {
  private readonly book = new Map<string, Lease>()
  /**
   * What is to be extended. Every receive and extension moves a lease to the end and gives it the same time from now,
   * so the order of insertion is that of the deadlines.
   */
  private readonly held = new Set<Lease>()
  private readonly visibility: Millis
  private readonly ended = new AbortController()
  private extending = false

  constructor(private readonly options: LeasesOptions) {
    this.visibility = options.visibilitySeconds * 1_000
  }

  /** Messages in the book, held or only waiting to be deleted. */
  get size(): number {
    return this.book.size
  }

  /** Enters a message, which is not extended unless it is held. */
  open({ id, handle, receives }: ReceivedMessage): Lease {
    const receivedAt = this.options.clock.now()
    const lease = { id, handle, receives, receivedAt, deadline: receivedAt + this.visibility, wanted: false }
    this.book.set(id, lease)
    return lease
  }

  /** From now on the lease is extended, until it is released or closed. */
  hold(lease: Lease): void {
    lease.wanted = true
    this.held.add(lease)
    void this.extend()
  }

  /** Whether the message is in the book; then its lease now speaks for this receive. */
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

  /** Extended no more. */
  release(lease: Lease): void {
    lease.wanted = false
    this.held.delete(lease)
  }

  /** Released, and out of the book: when the message comes again, it is a new one. */
  close(lease: Lease): void {
    this.release(lease)
    this.book.delete(lease.id)
  }

  /** Extends nothing any more. */
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
      // So that several tries fit into the half-life that is left.
      const retryIn = backoff(failures++, random, { cap: this.visibility / 16 })
      report({ _tag: 'SourceFailed', operation: 'ChangeMessageVisibilityBatch', error, retryIn })
      await clock.sleep(retryIn, signal)
    }
    this.extending = false
  }

  /** Extends what is due, as much as goes at once. Returns why something has to be tried again. */
  private async round(): Promise<Error | undefined> {
    const now = this.options.clock.now()
    // What is due soon goes along: fuller batches, fewer rounds.
    const horizon = now + this.visibility * 0.6
    const due: Lease[] = []
    let old = 0
    for (const lease of this.held) {
      if (lease.deadline > horizon || due.length === parallel * batchSize) break
      // Too late: SQS may have given it to somebody else.
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
          'allows, and will come again: find out which required sink has not settled them',
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
        // Settled meanwhile, or received again, which renewed it.
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
          error: new Error(`cannot be extended, and will come again: ${lost.join(', ')}`),
          retryIn: undefined,
        })
      return failed
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}
