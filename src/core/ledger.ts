import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Revision } from './desired.js'
import type { Delivery } from './source.js'

/** A delivery that was folded and is not yet acknowledged. */
export interface Entry {
  readonly revision: Revision
  readonly delivery: Pick<Delivery, 'ack' | 'nack'>
  /** The latest time of its events. */
  readonly newest: Millis | undefined
  /** The running tasks in it. The delivery is not held before they are. */
  readonly tasks: readonly TaskArn[]
}

interface Deferred {
  readonly entry: Entry
  /** The required sinks that have reached a revision at which none of its tasks was waiting. */
  readonly holders: Set<string>
}

const noTasks: readonly TaskArn[] = []

/**
 * Decides which deliveries to acknowledge. Each delivery gets a revision when it is folded, and each required sink has
 * one cursor. A delivery is acknowledged when all cursors have passed it. There is no reference counting: moving a
 * cursor settles everything below it.
 *
 * No sink holds a delivery with a task whose address or definition is pending, although the cursors pass it. Such a
 * delivery is deferred until each required sink has passed a revision at which its tasks no longer wait. Other
 * deliveries do not wait for it.
 */
export class Ledger {
  private readonly cursors: Map<string, Revision>
  /**
   * In the order of revisions, without gaps. `head` is the index of the first entry that some cursor has not passed.
   */
  private entries: (Entry | undefined)[] = []
  private head = 0
  /** The revision of `entries[0]`. */
  private first: Revision = 1
  private readonly deferred = new Map<Entry, Deferred>()
  private releasing = false
  private current: Revision = 0
  private open = 0

  /**
   * `required`: the sinks that acknowledgements wait for. If empty, deliveries are acknowledged when they are folded.
   */
  constructor(
    required: readonly string[],
    private readonly onDeferred: (entry: Entry) => void = () => undefined,
  ) {
    this.cursors = new Map(required.map((sink) => [sink, 0]))
  }

  /** The revision of the newest delivery; 0 before the first. */
  get revision(): Revision {
    return this.current
  }

  /** The number of folded deliveries that are not acknowledged. */
  get unsettled(): number {
    return this.open
  }

  /** The number of deferred deliveries, which wait for lookups. */
  get waiting(): number {
    return this.deferred.size
  }

  /** Whether every required sink has reached the newest revision. */
  get quiet(): boolean {
    return this.passed() >= this.current
  }

  cursor(sink: string): Revision | undefined {
    return this.cursors.get(sink)
  }

  /** Adds a delivery that was just folded, and returns its revision. */
  enter(
    delivery: Pick<Delivery, 'ack' | 'nack'>,
    newest?: Millis,
    tasks: readonly TaskArn[] = noTasks,
  ): Revision {
    this.current++
    this.open++
    this.entries.push({ revision: this.current, delivery, newest, tasks })
    if (this.cursors.size === 0) this.release()
    return this.current
  }

  /**
   * Records that a sink holds everything up to `revision`, except tasks that wait for a lookup at that revision.
   * Cursors never go back. Returns the number of acknowledged deliveries.
   */
  settle(sink: string, revision: Revision, waits: (task: TaskArn) => boolean = () => false): number {
    const cursor = this.cursors.get(sink)
    const reached = Math.min(revision, this.current)
    if (cursor === undefined || reached <= cursor) return 0
    for (const { entry, holders } of this.deferred.values())
      if (entry.revision <= reached && !entry.tasks.some(waits)) holders.add(sink)
    for (let at = Math.max(this.head, cursor + 1 - this.first); at <= reached - this.first; at++) {
      const entry = this.entries[at]
      if (entry?.tasks.some(waits) === true) {
        this.entries[at] = undefined
        this.deferred.set(entry, { entry, holders: this.passedBy(entry.revision) })
        this.onDeferred(entry)
      }
    }
    this.cursors.set(sink, reached)
    return this.release()
  }

  /** Whether the delivery is deferred. */
  isDeferred(entry: Entry): boolean {
    return this.deferred.has(entry)
  }

  /**
   * Stops waiting for the lookups of a delivery, and acknowledges it although sinks may not hold it. Returns false if
   * it has already been settled.
   */
  forgo(entry: Entry): boolean {
    if (!this.deferred.delete(entry)) return false
    this.open--
    entry.delivery.ack()
    return true
  }

  /** Nacks all unsettled deliveries at the end of a stop. Returns their number. */
  abandon(reason: Error): number {
    const left = [...this.entries.slice(this.head), ...this.deferred.keys()]
    this.entries = []
    this.head = 0
    this.first = this.current + 1
    this.deferred.clear()
    this.open = 0
    let abandoned = 0
    for (const entry of left) {
      if (entry === undefined) continue
      abandoned++
      entry.delivery.nack(reason)
    }
    return abandoned
  }

  /** The latest event time among unsettled deliveries up to `revision`. */
  newest(revision: Revision): Millis | undefined {
    let newest: Millis | undefined
    for (let i = this.head; i <= revision - this.first; i++) {
      const time = this.entries[i]?.newest
      if (time !== undefined && (newest === undefined || time > newest)) newest = time
    }
    return newest
  }

  /** The sinks that already passed this revision, before one found that a task in it waits. They hold the delivery. */
  private passedBy(revision: Revision): Set<string> {
    return new Set([...this.cursors].flatMap(([sink, cursor]) => (cursor >= revision ? [sink] : [])))
  }

  private passed(): Revision {
    return Math.min(...this.cursors.values(), this.current)
  }

  private release(): number {
    // An acknowledgement may settle more deliveries. This loop handles them, so that recursion cannot exhaust the
    // stack.
    if (this.releasing) return 0
    this.releasing = true
    let released = 0
    let before: number
    do {
      before = released
      const passed = this.passed()
      while (this.head <= passed - this.first) {
        const entry = this.entries[this.head]
        // A delivery holds its events, and a snapshot is one of them: it must not wait for the array to be cut.
        this.entries[this.head++] = undefined
        if (entry === undefined) continue
        this.open--
        released++
        entry.delivery.ack()
      }
      for (const { entry, holders } of this.deferred.values())
        if (holders.size === this.cursors.size && this.forgo(entry)) released++
    } while (released > before)
    this.releasing = false
    // Amortised, because `shift` would cost the length of the array each time.
    if (this.head > 1024 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head)
      this.first += this.head
      this.head = 0
    }
    return released
  }
}
