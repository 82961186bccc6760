import { backoff } from '../../core/backoff.js'
import type { Clock, Random } from '../../core/clock.js'
import type { Notice } from '../../core/source.js'
import type { Lease } from './sqs-leases.js'
import { batchSize, type Refusal } from './sqs-queue.js'

export interface OutboxOptions {
  /** For notices: the call's name. */
  readonly operation: string
  /** Makes one call for at most `batchSize` leases; resolves to the entries that SQS refused. */
  readonly send: (leases: readonly Lease[]) => Promise<readonly Refusal[]>
  /**
   * Told once of every lease added: that it was done, or given up, which was reported and lets the message come
   * again.
   */
  readonly settled: (lease: Lease) => void
  /** Told whenever nothing waits and no call is under way. */
  readonly idle: () => void
  readonly clock: Clock
  readonly random: Random
  readonly report: (notice: Notice) => void
}

/** Calls at once. Ten messages each, and 10 ms a call, make 4,000 messages a second. */
const parallel = 4

const never = new AbortController().signal

/**
 * Says something about leases to SQS, in batches: what is added in one tick, or while a call is under way, goes
 * together. What fails is tried again with backoff and the newest handle, for as long as the lease holds.
 */
export class Outbox {
  private readonly waiting: Lease[] = []
  private calls = 0
  private failures = 0
  private scheduled = false

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

  /** Full batches go as soon as they can; what is less waits for the calls under way, and fills up meanwhile. */
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
      // The slot stays taken: a queue that refuses everything is not asked faster because there is more to say.
      if (retryIn !== undefined) await clock.sleep(retryIn, never)
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
          // Received again during the call, which spoke with a handle that no longer counts.
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
