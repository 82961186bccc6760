import { backoff } from '../core/backoff.js'
import type { Clock, Random } from '../core/clock.js'
import type { ClusterEvent, Millis } from '../core/event.js'
import type { Delivery, Notice } from '../core/source.js'

/** What became of the keys that were asked for together; every one is either answered by an event or in a failure. */
export interface Answer {
  readonly events: readonly ClusterEvent[]
  /** One for each call that failed. */
  readonly failures: readonly Failure[]
}

export interface Failure {
  readonly operation: string
  readonly error: Error
  readonly keys: readonly string[]
  /**
   * - `soon`: throttling, the network, a fault of the service. All keys of the group wait, because they ask the same service.
   * - `later`: the service has answered, and the answer is no. Asking again at once is in vain; these keys wait alone.
   */
  readonly retry: 'soon' | 'later'
}

export interface QueueSetup {
  /** The most keys that are asked for at once. */
  readonly batch: number
  /** The most questions under way. */
  readonly concurrency: number
  /** Rejects only when aborted. */
  readonly ask: (keys: readonly string[], signal: AbortSignal) => Promise<Answer>
  readonly emit: (output: Delivery | Notice) => void
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

const settled = (): void => undefined

/**
 * The keys of one group that have to be asked for. What comes while questions are under way goes into the next one together; what
 * fails is asked for again, with backoff, for as long as it is needed. Holds nothing of keys that are not.
 */
export class LookupQueue {
  /** Needed, and neither under way nor waiting alone; the longest needed first. */
  readonly #due = new Set<string>()
  readonly #asking = new Set<string>()
  /** How often the service has said no to a needed key. */
  readonly #refusals = new Map<string, number>()
  readonly #resting = new Set<string>()
  readonly #questions = new Set<Promise<void>>()
  #failures = 0
  #paused = false

  constructor(private readonly setup: QueueSetup) {}

  /** Call `pump` when all are added. */
  add(key: string): void {
    if (!this.#asking.has(key) && !this.#resting.has(key)) this.#due.add(key)
  }

  /** It is known now, or nobody needs it any more. */
  delete(key: string): void {
    this.#due.delete(key)
    this.#resting.delete(key)
    this.#refusals.delete(key)
  }

  /** Asks for what is due. */
  pump(): void {
    const { batch, concurrency, signal } = this.setup
    while (!this.#paused && !signal.aborted && this.#due.size > 0 && this.#questions.size < concurrency) {
      const keys = [...take(batch, this.#due)]
      for (const key of keys) {
        this.#due.delete(key)
        this.#asking.add(key)
      }
      const question = this.#ask(keys)
      this.#questions.add(question)
      void question.then(() => {
        this.#questions.delete(question)
        this.pump()
      })
    }
  }

  /** Resolves when no question is under way. */
  async idle(): Promise<void> {
    while (this.#questions.size > 0) await Promise.all(this.#questions)
  }
