import type { Change } from '../index/task-index.js'
import type { TaskRecord } from '../index/task-record.js'

/** A change as the feed keeps it, without the view before the change, which readers do not need. */
export interface FedChange {
  readonly kind: Change['kind']
  readonly record: TaskRecord
}

/**
 * The latest changes, numbered, for any number of readers, each at its own pace. Readers have no buffers of their own;
 * a reader that falls behind by more than the length of the feed has lost changes. Ids carry an epoch, because the
 * numbers of another process or run are not valid here.
 */
export class ChangeFeed {
  /** A ring buffer that begins at index 0. */
  readonly #ring: FedChange[] = []
  readonly #readers = new Set<() => void>()
  #newest = 0

  constructor(
    /** Letters and digits, unique for each run. */
    private readonly epoch: string,
    /** Maximum number of changes that are kept. */
    private readonly bound: number,
  ) {}

  /** The number of the newest change; 0 before the first. */
  get newest(): number {
    return this.#newest
  }

  /** The id that a client sends to continue after the change. */
  idOf(number: number): string {
    return `${this.epoch}-${number}`
  }

  /** The number in an id, or `undefined` if it is from another run or later changes have been dropped. */
  numberOf(id: string): number | undefined {
    const [, epoch, digits = ''] = /^(\w+)-(\d{1,15})$/.exec(id) ?? []
    const number = Number(digits)
    return epoch === this.epoch && this.reaches(number) ? number : undefined
  }

  /** Whether every change after that number is still kept. */
  reaches(number: number): boolean {
    return number <= this.#newest && number >= this.#newest - this.#ring.length
  }

  /** The change with that number, if it is still kept. */
  at(number: number): FedChange | undefined {
    return number > 0 && number <= this.#newest && number > this.#newest - this.#ring.length
      ? this.#ring[(number - 1) % this.bound]
      : undefined
  }

  push(changes: readonly Change[]): void {
    if (changes.length === 0) return
    for (const { kind, record } of changes) this.#ring[this.#newest++ % this.bound] = { kind, record }
    for (const tell of [...this.#readers]) tell()
  }

  /** Calls `tell` after changes are added. Returns a function that ends the subscription. */
  onPush(tell: () => void): () => void {
    this.#readers.add(tell)
    return () => void this.#readers.delete(tell)
  }
}
