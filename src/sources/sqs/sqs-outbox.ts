import { backoff } from '../../core/backoff.js'
import type { Clock, Random } from '../../core/clock.js'
import type { Notice } from '../../core/source.js'
import type { Lease } from './sqs-leases.js'
import { batchSize, type Refusal } from './sqs-queue.js'

export interface OutboxOptions {
  /** The name of the call, for notices. */
  readonly operation: string
  /** Makes one call for at most `batchSize` leases. Resolves to the entries that SQS refused. */
  readonly send: (leases: readonly Lease[]) => Promise<readonly Refusal[]>
  /**
   * Called once for every added lease, when it is done or given up. A lease given up was reported; SQS redelivers it.
   */
  readonly settled: (lease: Lease) => void
  /** Called whenever no lease is waiting and no call is in progress. */
  readonly idle: () => void
  readonly clock: Clock
  readonly random: Random
  readonly report: (notice: Notice) => void
}

/** Concurrent calls. With ten messages and 10 ms per call, that is 4,000 messages per second. */
const parallel = 4

/**
 * Sends one kind of call for leases to SQS, in batches: leases that are added in one tick, or during a call, go
 * together. Failures are retried with backoff and the newest handle, until the lease expires.
 */
export class Outbox {
  private readonly waiting: Lease[] = []
  private calls = 0
  private failures = 0
  private scheduled = false
  /** Listened to by one sleep for each call at most. */
  private readonly never = new AbortController().signal

  constructor(private readonly options: OutboxOptions) {}

  get idle(): boolean {
    return this.waiting.length === 0 && this.calls === 0
  }

  add(lease: Lease): void {
    this.waiting.push(lease)
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      this.pump()
    })
  }

  /**
   * Sends full batches as soon as possible. A partial batch waits for the calls in progress, and fills up meanwhile.
   */
  private pump(): void {
    while (this.calls < parallel && this.waiting.length >= (this.calls === 0 ? 1 : batchSize))
      void this.flush(this.waiting.splice(0, batchSize))
  }

  private async flush(batch: readonly Lease[]): Promise<void> {
    this.calls++
    const { operation, clock, random, report } = this.options
    const { again, error } = await this.attempt(batch)
    if (error === undefined) this.failures = 0
    else {
      const retryIn = again.length === 0 ? undefined : backoff(this.failures++, random)
      report({ _tag: 'SourceFailed', operation, error, retryIn })
      // The slot stays taken during the backoff, so that a queue that refuses everything gets no more calls.
      if (retryIn !== undefined) await clock.sleep(retryIn, this.never)
    }
    this.calls--
    this.waiting.unshift(...again)
    this.pump()
    if (this.idle) this.options.idle()
  }

  private async attempt(batch: readonly Lease[]): Promise<{
    readonly again: readonly Lease[]
    readonly error: Error | undefined
  }> {
    const { send, settled, clock } = this.options
    const handles = batch.map(({ handle }) => handle)
    const holds = (lease: Lease): boolean => lease.deadline > clock.now()
    try {
      const refused = new Map((await send(batch)).map((refusal) => [refusal.index, refusal]))
      const again: Lease[] = []
      const complaints: string[] = []
      for (const [index, lease] of batch.entries()) {
        const refusal = refused.get(index)
        if (lease.handle !== handles[index]) {
          // The message was received again during the call, which used an outdated handle.
          again.push(lease)
          continue
        }
        if (refusal !== undefined) complaints.push(`${lease.id} (${refusal.code})`)
        if (refusal?.transient === true && holds(lease)) again.push(lease)
        else settled(lease)
      }
      return {
        again,
        error: complaints.length === 0 ? undefined : new Error(`refused for ${complaints.join(', ')}`),
      }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      const again = batch.filter(holds)
      for (const lease of batch) if (!holds(lease)) settled(lease)
      return { again, error }
    }
  }
}
