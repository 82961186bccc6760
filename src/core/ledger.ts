import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Revision } from './desired.js'
import type { Delivery } from './source.js'

/** A delivery that was folded and is not acknowledged. */
export interface Entry {
  readonly revision: Revision
  readonly delivery: Pick<Delivery, 'ack' | 'nack'>
  /** The latest time that one of its events tells. */
  readonly newest: Millis | undefined
  /** The running tasks that it told of: it is not held before they are. */
  readonly tasks: readonly TaskArn[]
}

interface Deferred {
  readonly entry: Entry
  /** The required sinks that have reached a revision at which none of its tasks waited. */
  readonly holders: Set<string>
}

const nobody: readonly TaskArn[] = []

/**
 * Which deliveries may be forgotten. Each gets a revision when it is folded; each required sink has one cursor; a
 * delivery is acknowledged when all cursors have passed it. No counting of references: a cursor that moves settles
 * everything below it.
 *
 * A delivery that tells of a task whose address or definition is still looked up is not held by any sink yet, though
 * their cursors pass it: it is deferred, until each required sink has passed a revision at which its tasks wait no
 * more. Others do not wait for it.
 */
export class Ledger {
  private readonly cursors: Map<string, Revision>
  /** In the order of revisions, without gaps; `head` is the first that some cursor has not passed. */
  private entries: (Entry | undefined)[] = []
  private head = 0
  /** The revision of `entries[0]`. */
  private first: Revision = 1
  private readonly deferred = new Map<Entry, Deferred>()
  private releasing = false
  private current: Revision = 0
  private open = 0

  /**
   * `required`: the sinks whose cursors hold acknowledgements. None: a delivery is acknowledged when it is folded.
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

  /** Deliveries folded and not acknowledged. */
  get unsettled(): number {
    return this.open
  }

  /** Deliveries that every cursor may have passed, and that wait for lookups. */
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

  /** Takes a delivery that was just folded, and returns its revision. */
  enter(
    delivery: Pick<Delivery, 'ack' | 'nack'>,
    newest?: Millis,
    tasks: readonly TaskArn[] = nobody,
  ): Revision {
    this.current++
    this.open++
    this.entries.push({ revision: this.current, delivery, newest, tasks })
    if (this.cursors.size === 0) this.release()
    return this.current
  }

  /**
   * A sink holds everything up to `revision`, but for tasks that wait for a lookup at that revision. Cursors never go
   * back. Returns how many deliveries were acknowledged.
   */
  settle(sink: string, revision: Revision, waits: (task: TaskArn) => boolean = () => false): number {
    const cursor = this.cursors.get(sink)
    const reached = Math.min(revision, this.current)
    if (cursor === undefined || reached <= cursor) return 0
    for (const { entry, holders } of this.deferred.values())
      if (entry.revision <= reached && !entry.tasks.some(waits)) holders.add(sink)
    for (let at = Math.max(this.head, cursor + 1 - this.first); at <= reached - this.first; at++) {
      const entry = this.entries[at]
      if (entry !== undefined && entry.tasks.length > 0 && entry.tasks.some(waits)) {
        this.entries[at] = undefined
        this.deferred.set(entry, { entry, holders: this.passedBy(entry.revision) })
        this.onDeferred(entry)
      }
    }
    this.cursors.set(sink, reached)
    return this.release()
  }

  /** Whether it waits for lookups. */
  isDeferred(entry: Entry): boolean {
    return this.deferred.has(entry)
  }

  /**
   * Stops waiting for the lookups of a delivery: it is acknowledged although no sink may hold it. False when it had
   * been settled meanwhile.
   */
  forgo(entry: Entry): boolean {
    if (!this.deferred.delete(entry)) return false
    this.open--
    entry.delivery.ack()
    return true
  }

  /** Gives up on what is unsettled, at the end of a stop. Returns how many deliveries that were. */
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

  /** Before `sink` was first to find that a task of this revision waits, others may have passed it: they hold it. */
  private passedBy(revision: Revision): Set<string> {
    return new Set([...this.cursors].flatMap(([sink, cursor]) => (cursor >= revision ? [sink] : [])))
  }

  private passed(): Revision {
    return Math.min(...this.cursors.values(), this.current)
  }

  private release(): number {
    // An acknowledgement may settle more: this very loop takes it, so that no chain of them exhausts the stack.
    if (this.releasing) return 0
    this.releasing = true
    let released = 0
    let before: number
    do {
      before = released
      const passed = this.passed()
      while (this.head <= passed - this.first) {
        const entry = this.entries[this.head++]
        if (entry === undefined) continue
        this.open--
        released++
        entry.delivery.ack()
      }
      for (const { entry, holders } of this.deferred.values())
        if (holders.size === this.cursors.size && this.forgo(entry)) released++
    } while (released > before)
    this.releasing = false
    // Amortised: an array's shift would cost its length.
    if (this.head > 1024 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head)
      this.first += this.head
      this.head = 0
    }
    return released
  }
}
