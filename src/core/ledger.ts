import type { Millis } from './clock.js'
import type { Revision } from './desired.js'
import type { Delivery } from './source.js'

interface Entry {
  readonly revision: Revision
  readonly delivery: Pick<Delivery, 'ack' | 'nack'>
  readonly newest: Millis | undefined
}

/**
 * Which deliveries may be forgotten. Each gets a revision when it is folded; each required sink has one cursor; a
 * delivery is acknowledged when all cursors have passed it. No counting of references: a cursor that moves settles
 * everything below it.
 */
export class Ledger {
  private readonly cursors: Map<string, Revision>
  /** In the order of revisions; `head` is the first that is not acknowledged. */
  private entries: Entry[] = []
  private head = 0
  private releasing = false
  private current: Revision = 0

  /**
   * `required`: the sinks whose cursors hold acknowledgements. None: a delivery is acknowledged when it is folded.
   */
  constructor(required: readonly string[]) {
    this.cursors = new Map(required.map((sink) => [sink, 0]))
  }

  /** The revision of the newest delivery; 0 before the first. */
  get revision(): Revision {
    return this.current
  }

  /** Deliveries folded and not acknowledged. */
  get unsettled(): number {
    return this.entries.length - this.head
  }

  /** Whether every required sink has reached the newest revision. */
  get quiet(): boolean {
    return this.passed() >= this.current
  }

  cursor(sink: string): Revision | undefined {
    return this.cursors.get(sink)
  }

  /** Takes a delivery that was just folded, and returns its revision. */
  enter(delivery: Pick<Delivery, 'ack' | 'nack'>, newest?: Millis): Revision {
    this.current++
    this.entries.push({ revision: this.current, delivery, newest })
    if (this.cursors.size === 0) this.release()
    return this.current
  }

  /**
   * A sink holds everything up to `revision`. Cursors never go back. Returns how many deliveries were acknowledged.
   */
  settle(sink: string, revision: Revision): number {
    const cursor = this.cursors.get(sink)
    if (cursor === undefined || revision <= cursor) return 0
    this.cursors.set(sink, Math.min(revision, this.current))
    return this.release()
  }

  /** Gives up on what is unsettled, at the end of a stop that took too long. */
  abandon(reason: Error): void {
    for (const { delivery } of this.entries.slice(this.head)) delivery.nack(reason)
    this.entries = []
    this.head = 0
  }

  /** The latest event time among unsettled deliveries up to `revision`. */
  newest(revision: Revision): Millis | undefined {
    let newest: Millis | undefined
    for (let i = this.head; i < this.entries.length; i++) {
      const entry = this.entries[i]
      if (entry === undefined || entry.revision > revision) break
      if (entry.newest !== undefined && (newest === undefined || entry.newest > newest)) newest = entry.newest
    }
    return newest
  }

  private passed(): Revision {
    return Math.min(...this.cursors.values(), this.current)
  }

  private release(): number {
    // An acknowledgement may settle more: this very loop takes it, so that no chain of them exhausts the stack.
    if (this.releasing) return 0
    this.releasing = true
    const start = this.head
    for (;;) {
      const entry = this.entries[this.head]
      if (entry === undefined || entry.revision > this.passed()) break
      this.head++
      entry.delivery.ack()
    }
    this.releasing = false
    const released = this.head - start
    // Amortised: an array's shift would cost its length.
    if (this.head > 1024 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head)
      this.head = 0
    }
    return released
  }
}
