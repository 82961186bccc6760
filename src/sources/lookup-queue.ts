import { backoff } from '../core/backoff.js'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice } from '../core/source.js'
import { awsFailure, isTransient } from './aws-failure.js'

/** What became of the keys that were asked for together: every one is either answered by an event or in a failure. */
export interface Answer {
  readonly events: readonly ClusterEvent[]
  /** One for each call that failed or left keys unanswered. */
  readonly failures: readonly LookupFailure[]
}

export interface LookupFailure {
  readonly operation: string
  readonly error: Error
  readonly keys: readonly string[]
  /**
   * - `soon`: throttling, the network, a fault of the service. All of the queue waits, because all of it asks the
   *   same service.
   * - `later`: the service has answered, and the answer is no. These keys wait, longer each time, and nothing else
   *   does.
   */
  readonly retry: 'soon' | 'later'
}

export const lookupFailure = (
  operation: string,
  keys: readonly string[],
  thrown: unknown,
): LookupFailure => ({
  operation,
  keys,
  error: awsFailure(thrown),
  retry: isTransient(thrown) ? 'soon' : 'later',
})

export interface LookupQueueSetup {
  /** The most keys that are asked for at once. */
  readonly batch: number
  /** The most questions under way. */
  readonly concurrency: number
  readonly ask: (keys: readonly string[], signal: AbortSignal) => Promise<Answer>
  readonly emit: (output: Delivery | Notice) => void
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

const soon = { base: 500, cap: 30_000 }
/** Added to `leastLater`, and so from 5 seconds to five minutes. */
const later = { base: 5_000, cap: 295_000 }
const leastLater: Millis = 5_000

const settled = (): void => undefined

/**
 * The keys of one group that have to be asked for. What comes while questions are under way goes into the next one
 * together; what fails is asked for again, with backoff, for as long as it is needed. It remembers nothing of a key
 * that is not.
 */
export class LookupQueue {
  readonly #needed = new Set<string>()
  /** Needed, and neither asked for nor resting; the longest needed first. */
  readonly #due = new Set<string>()
  readonly #asking = new Set<string>()
  /** Refused keys, until their time has come, and the failure that made them rest. */
  readonly #resting = new Map<string, LookupFailure>()
  readonly #refusals = new Map<string, number>()
  readonly #questions = new Set<Promise<void>>()
  /** Questions that failed since the last that did not. */
  #failures = 0
  #paused = false

  constructor(private readonly setup: LookupQueueSetup) {}

  /** Call `pump` when all are added. */
  add(key: string): void {
    this.#needed.add(key)
    if (!this.#asking.has(key) && !this.#resting.has(key)) this.#due.add(key)
  }

  /** The key is known now, or nobody needs it any more. */
  delete(key: string): void {
    this.#needed.delete(key)
    this.#due.delete(key)
    this.#resting.delete(key)
    this.#refusals.delete(key)
  }

  /** Asks for what is due, as far as it may. */
  pump(): void {
    const { batch, concurrency, signal } = this.setup
    while (!this.#paused && !signal.aborted && this.#due.size > 0 && this.#questions.size < concurrency) {
      const keys: string[] = []
      for (const key of this.#due) {
        if (keys.length === batch) break
        keys.push(key)
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
    await Promise.all(this.#questions)
  }

  async #ask(keys: readonly string[]): Promise<void> {
    const { ask, emit, signal } = this.setup
    const { events, failures } = await ask(keys, signal).catch((thrown: unknown): Answer => ({
      events: [],
      failures: [lookupFailure('lookup', keys, thrown)],
    }))
    if (signal.aborted) return
    for (const key of keys) this.#asking.delete(key)
    const failed = failures.some(({ retry }) => retry === 'soon')
    if (!failed) this.#failures = 0
    const pause = failed ? this.#pause() : 0
    for (const failure of failures) {
      const { operation, error, retry } = failure
      const needed = failure.keys.filter((key) => this.#needed.has(key))
      if (retry === 'soon') for (const key of needed) this.#due.add(key)
      const retryIn = needed.length === 0 ? undefined : retry === 'soon' ? pause : this.#rest(needed, failure)
      emit({ _tag: 'SourceFailed', operation, error, retryIn })
    }
    if (events.length > 0) emit({ _tag: 'Delivery', events, ack: settled, nack: settled })
  }

  /** All wait, and return for how long. Questions that fail while all wait already do not prolong it. */
  #pause(): Millis {
    const { clock, random, signal } = this.setup
    const pause = backoff(this.#failures, random, soon)
    if (this.#paused) return pause
    this.#failures++
    this.#paused = true
    void clock.sleep(pause, signal).then(() => {
      this.#paused = false
      this.pump()
    })
    return pause
  }

  #rest(keys: readonly string[], failure: LookupFailure): Millis {
    const { clock, random, signal } = this.setup
    const refusals = keys.map((key) => this.#refusals.get(key) ?? 0)
    // Together, so that they are asked for together again.
    const rest = leastLater + backoff(Math.min(...refusals), random, later)
    for (const [i, key] of keys.entries()) {
      this.#resting.set(key, failure)
      this.#refusals.set(key, (refusals[i] ?? 0) + 1)
    }
    void clock.sleep(rest, signal).then(() => {
      for (const key of keys) {
        if (this.#resting.get(key) !== failure) continue
        this.#resting.delete(key)
        this.#due.add(key)
      }
      this.pump()
    })
    return rest
  }
}
