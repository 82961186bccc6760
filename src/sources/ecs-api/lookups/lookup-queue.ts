import { backoff } from '../../../core/backoff.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Delivery, Notice } from '../../../core/source.js'
import { type LookupFailure, lookupFailure } from './lookup-failure.js'
import { LookupLine } from './lookup-line.js'
import { type RefusalReport, shortened } from './lookup-reports.js'
import type { SecondHand } from './second-hand.js'

/** The result of one call for several keys: each key is answered by an event, or is part of a failure. */
export interface Answer {
  readonly events: readonly ClusterEvent[]
  /** One per call that failed or left keys unanswered. */
  readonly failures: readonly LookupFailure[]
}

/** Limits lookups of keys that only events mention, while many groups have such keys. */
export interface Speculation {
  /** Whether lookups have to wait; if so, a group makes one call at a time. */
  isRationed(): boolean
  /** Resolves when such a call may be made. `undefined`: immediately. */
  wait(): Promise<void> | undefined
  /** Ends the wait, because the group now has a listed key. */
  leave(): void
}

export interface LookupQueueSetup {
  /** Maximum number of keys per call. */
  readonly batch: number
  /** Maximum number of concurrent calls. */
  readonly concurrency: number
  readonly laneOf: (key: string) => string
  /** Resolves when a call may be made; to false if the signal aborts. Default: immediately. */
  readonly turn?: ((signal: AbortSignal) => Promise<boolean>) | undefined
  readonly speculation: Speculation
  readonly ask: (keys: readonly string[], signal: AbortSignal) => Promise<Answer>
  readonly emit: (output: Delivery | Notice) => void
  /** Emits these events a little later, together with others. */
  readonly tell: (events: readonly ClusterEvent[]) => void
  readonly report: RefusalReport
  /** A time stamp that orders refusals. */
  readonly stamp: () => number
  readonly after: SecondHand
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

export interface Wanted {
  /** Whether a snapshot lists a task that needs the key. Tasks that only events mention may be invented. */
  readonly listed: boolean
  /** The reason of an earlier final refusal, if any. */
  readonly refused: string | undefined
}

interface Entry {
  listed: boolean
  /** False for a key whose lookup is in progress and that is no longer needed. */
  needed: boolean
  status: 'waiting' | 'asking' | 'resting'
  /** The number of refusals. */
  refusals: number
  /** The reason of the final refusal, if it has been emitted. */
  refused: string | undefined
}

interface Asked {
  readonly key: string
  readonly entry: Entry
}

const soon = { base: 500, cap: 30_000 }

/** A refusal is final when it is the nth. */
const finalAfter = 3

/** 10 to 20 seconds after the first refusal, and twice that after the second. */
const laterMs: Millis = 10_000

/** 15 to 30 minutes after a final refusal, because its cause may have been fixed. */
const rarelyMs: Millis = 900_000

/** When this many keys are denied and none is answered in between, the permission is assumed to be missing for all. */
const deniedInARow = 5

/** Maximum length of a refusal's reason, in characters. */
const mostReason = 500

const finalAdvice =
  '; tasks that need it are left out, which affects their own services only; the lookup is retried every 15 to 30 minutes'

const noop = (): void => undefined

type Line = 'listed' | 'refused' | 'unlisted' | 'unlisted and refused'

const usually: readonly Line[] = ['listed', 'refused', 'unlisted', 'unlisted and refused']
/** Used every fourth turn, so that the last in the usual order is never starved. */
const sometimes: readonly Line[] = ['unlisted', 'unlisted and refused', 'refused', 'listed']

const lineOf = ({ listed, refusals }: Entry): Line =>
  refusals === 0 ? (listed ? 'listed' : 'unlisted') : listed ? 'refused' : 'unlisted and refused'

/** The service's name for the failure. */
const nameOf = ({ error }: LookupFailure): string =>
  error.cause instanceof Error ? error.cause.name : error.name

/**
 * The keys of one group that must be looked up. Keys of tasks that a snapshot lists come first, and new keys come
 * before refused ones. Keys that arrive during a call share the next one. Failures are retried with backoff for as long
 * as the key is needed. A final refusal is emitted as `LookupRefused`, so that its tasks stop waiting, and retried
 * rarely. The queue forgets keys that are no longer needed.
 */
export class LookupQueue {
  readonly #entries = new Map<string, Entry>()
  readonly #lines: Readonly<Record<Line, LookupLine>> = {
    listed: new LookupLine(),
    refused: new LookupLine(),
    unlisted: new LookupLine(),
    'unlisted and refused': new LookupLine(),
  }
  readonly #questions = new Set<Promise<void>>()
  /** Number of calls that wait for their turn. They choose their keys only then. */
  #turning = 0
  #turns = 0
  /** Number of consecutive failed calls. */
  #failures = 0
  #paused = false
  /** How often each key was denied since the last success. */
  readonly #denied = new Map<string, number>()
  /** The reason for refusing everything, while the permission is assumed to be missing for all keys. */
  #denial: string | undefined

  constructor(private readonly setup: LookupQueueSetup) {}

  get isIdle(): boolean {
    return this.#entries.size === 0 && this.#questions.size === 0
  }

  /** Call `pump` after setting all keys. */
  set(key: string, { listed, refused }: Wanted): void {
    const known = this.#entries.get(key)
    if (known !== undefined) known.needed = true
    if (known?.listed === listed) return
    if (listed) this.setup.speculation.leave()
    if (known !== undefined) {
      if (known.status === 'waiting') this.#lines[lineOf(known)].delete(key)
      known.listed = listed
      if (known.status === 'waiting') this.#wait(key, known)
      return
    }
    // After an earlier final refusal, a single one is final again.
    const refusals = refused === undefined ? 0 : finalAfter - 1
    const entry: Entry = { listed, needed: true, status: 'waiting', refusals, refused }
    this.#entries.set(key, entry)
    this.#wait(key, entry)
    if (this.#denial !== undefined) this.#refuse([{ key, entry }], this.#denial)
  }

  /** Removes a key that is known now or no longer needed. */
  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    if (entry.status === 'asking') {
      // Kept until the call returns, so that the key is not looked up twice at the same time.
      entry.needed = false
      return
    }
    if (entry.status === 'waiting') this.#lines[lineOf(entry)].delete(key)
    this.#forget(key)
  }

  /** Starts calls for waiting keys, within the limits. */
  pump(): void {
    const { batch, signal } = this.setup
    while (!this.#paused && !signal.aborted && this.#turning * batch < this.#waiting) {
      if (this.#questions.size >= this.#concurrency) return
      const question = this.#question()
      this.#questions.add(question)
      void question.then(() => {
        this.#questions.delete(question)
        this.pump()
      })
    }
  }

  /** Resolves when no call is in progress. */
  async idle(): Promise<void> {
    await Promise.all(this.#questions)
  }

  get #waiting(): number {
    return usually.reduce((sum, line) => sum + this.#lines[line].size, 0)
  }

  get #speculates(): boolean {
    return this.#lines.listed.size + this.#lines.refused.size === 0
  }

  get #concurrency(): number {
    const { concurrency, speculation } = this.setup
    return this.#speculates && speculation.isRationed() ? 1 : concurrency
  }

  #wait(key: string, entry: Entry): void {
    entry.status = 'waiting'
    this.#lines[lineOf(entry)].add(key, this.setup.laneOf(key))
  }

  /**
   * Takes keys of one line only, so that an invented key that makes the service refuse a call affects no listed one.
   */
  #take(): readonly string[] {
    const order = ++this.#turns % 4 === 0 ? sometimes : usually
    const line = order.find((each) => this.#lines[each].size > 0)
    const keys: string[] = []
    while (line !== undefined && keys.length < this.setup.batch) {
      const key = this.#lines[line].take()
      if (key === undefined) break
      const entry = this.#entries.get(key)
      if (entry !== undefined) entry.status = 'asking'
      keys.push(key)
    }
    return keys
  }

  #turn(): Promise<boolean> | undefined {
    const { turn, speculation, signal } = this.setup
    const wait = this.#speculates ? speculation.wait() : undefined
    return wait === undefined
      ? turn?.(signal)
      : wait.then(() => !signal.aborted && (turn === undefined || turn(signal)))
  }

  async #question(): Promise<void> {
    const turn = this.#turn()
    if (turn !== undefined) {
      this.#turning++
      await turn
      this.#turning--
    }
    // Other calls may have been throttled while this one waited.
    if (this.#paused || this.setup.signal.aborted) return
    const keys = this.#take()
    if (keys.length > 0) await this.#ask(keys)
  }

  async #ask(keys: readonly string[]): Promise<void> {
    const { ask, emit, signal } = this.setup
    const { events, failures } = await ask(keys, signal).catch((thrown: unknown): Answer => ({
      events: [],
      failures: [lookupFailure('lookup', keys, keys[0] ?? '', thrown)],
    }))
    if (signal.aborted) return
    if (!failures.some(({ retry }) => retry === 'soon')) this.#failures = 0
    for (const failure of failures) this.#follow(failure)
    if (events.length > 0) {
      this.#permit()
      emit({ _tag: 'Delivery', events, ack: noop, nack: noop })
    }
    for (const key of keys) if (this.#entries.get(key)?.status === 'asking') this.#forget(key)
  }

  #forget(key: string): void {
    this.#entries.delete(key)
    this.#denied.delete(key)
  }

  #follow(failure: LookupFailure): void {
    const { operation, error, retry } = failure
    const asked = failure.keys.flatMap((key): readonly Asked[] => {
      const entry = this.#entries.get(key)
      return entry?.status === 'asking' && entry.needed ? [{ key, entry }] : []
    })
    const retryIn = retry === 'soon' ? this.#pause() : undefined
    if (retry === 'soon' || asked.length === 0) {
      for (const { key, entry } of asked) this.#wait(key, entry)
      this.setup.emit({
        _tag: 'SourceFailed',
        operation,
        error,
        retryIn: asked.length === 0 ? undefined : retryIn,
      })
      return
    }
    for (const { key, entry } of asked) {
      entry.refusals = retry === 'rarely' ? finalAfter : Math.min(finalAfter, entry.refusals + 1)
      if (failure.denied === true) this.#deny(key, failure)
    }
    // Kept together, so that they share a call again.
    const isFinal = ({ entry }: Asked): boolean => entry.refusals >= finalAfter || this.#denial !== undefined
    const final = asked.filter(isFinal)
    const open = asked.filter((each) => !isFinal(each))
    if (final.length > 0) this.#restRarely(final, failure)
    if (open.length > 0) this.#restLater(open, failure)
  }

  /** Pauses the whole queue. Returns the delay. Failures during a pause do not prolong it. */
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

  #restLater(asked: readonly Asked[], failure: LookupFailure): void {
    const { random, report } = this.setup
    const refusals = Math.min(...asked.map(({ entry }) => entry.refusals))
    const ms = laterMs * 2 ** (refusals - 1) * (1 + random())
    this.#rest(asked, ms)
    if (refusals === 1) report(failure, nameOf(failure), ms)
  }

  #restRarely(asked: readonly Asked[], failure: LookupFailure): void {
    const { random, report } = this.setup
    const ms = rarelyMs * (1 + random())
    this.#rest(asked, ms)
    // A key that is denied like all others was reported with them.
    const reason = (failure.denied === true ? this.#denial : undefined) ?? failure.error.message
    const news = this.#refuse(asked, reason)
    if (news.length === 0 || reason === this.#denial) return
    report({ ...failure, keys: news.map(({ key }) => key) }, `${nameOf(failure)}, final`, ms, finalAdvice)
  }

  #rest(asked: readonly Asked[], ms: Millis): void {
    for (const { entry } of asked) entry.status = 'resting'
    this.setup.after(ms, () => {
      this.#wake(asked)
      this.pump()
    })
  }

  #wake(rested: readonly Asked[]): void {
    for (const { key, entry } of rested)
      if (entry.status === 'resting' && this.#entries.get(key) === entry) this.#wait(key, entry)
  }

  /** Emits final refusals, so that no task waits for these keys. Returns the keys whose reason is new. */
  #refuse(asked: readonly Asked[], text: string): readonly Asked[] {
    const reason = shortened(text, mostReason)
    const at = this.setup.stamp()
    const news = asked.filter(({ entry }) => entry.refused !== reason)
    for (const { entry } of news) entry.refused = reason
    this.setup.tell(news.map(({ key }) => ({ _tag: 'LookupRefused', key, reason, at })))
    return news
  }

  /**
   * Counts a denial. Once a key's denial is final, and several others were denied and none answered since its first
   * refusal, all waiting keys are refused as well. They are still looked up in their turn.
   */
  #deny(denied: string, failure: LookupFailure): void {
    const times = (this.#denied.get(denied) ?? 0) + 1
    this.#denied.set(denied, times)
    if (times < finalAfter || this.#denied.size < deniedInARow || this.#denial !== undefined) return
    this.#denial = `${failure.operation} is denied for all lookups, such as ${failure.error.message}`
    const asked = Array.from(this.#entries, ([key, entry]): Asked => ({ key, entry }))
    this.#refuse(asked, this.#denial)
    const error = new Error(this.#denial, { cause: failure.error.cause })
    const name = `${nameOf(failure)} for all, final`
    this.setup.report({ ...failure, error, keys: asked.map(({ key }) => key) }, name, rarelyMs, finalAdvice)
  }

  /** A key was answered, so the permission exists. */
  #permit(): void {
    if (this.#denial !== undefined) {
      this.#denial = undefined
      this.#wake(Array.from(this.#entries, ([key, entry]): Asked => ({ key, entry })))
    }
    this.#denied.clear()
  }
}
