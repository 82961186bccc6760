import type { Change } from '../index/task-index.js'
import type { TaskRecord } from '../index/task-record.js'

/** A change as it is kept: what it looked like before concerns nobody later. */
export interface FedChange {
  readonly kind: Change['kind']
  readonly record: TaskRecord
}

/**
 * The latest changes, numbered, for any number of readers, each at its own pace: no reader has a buffer of its own,
 * and who is slower than the feed is long has lost the thread. Numbers of another process, or of another run, mean
 * nothing here, so ids carry an epoch.
 */
export class ChangeFeed {
  /** The first change is at 0, and the one after the last place is at 0 again. */
  readonly #ring: FedChange[] = []
  readonly #readers = new Set<() => void>()
  #newest = 0

  constructor(
    /** Letters and digits, different for each run. */
    private readonly epoch: string,
    /** The most changes that are kept. */
    private readonly bound: number,
  ) {}

  /** The number of the newest change; 0 before the first. */
  get newest(): number {
    return this.#newest
  }

  /** What a client names to continue after the change. */
  idOf(number: number): string {
    return `${this.epoch}-${number}`
  }

  /** The number of an id of this run from which nothing is lost yet; `undefined` otherwise. */
  numberOf(id: string): number | undefined {
    const [, epoch, digits = ''] = /^(\w+)-(\d{1,15})$/.exec(id) ?? []
    const number = Number(digits)
    return epoch === this.epoch && this.reaches(number) ? number : undefined
  }

  /** Whether every change after that number is still there. */
  reaches(number: number): boolean {
    return number <= this.#newest && number >= this.#newest - this.#ring.length
  }

  /** The change of that number, if it is still there. */
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

  /** `tell` is called after changes were added, until the returned function is. */
  onPush(tell: () => void): () => void {
    this.#readers.add(tell)
    return () => void this.#readers.delete(tell)
  }
}
