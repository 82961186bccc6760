import { backoff } from '../../../core/backoff.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Delivery, Notice } from '../../../core/source.js'
import { type LookupFailure, lookupFailure } from './lookup-failure.js'
import { LookupLine } from './lookup-line.js'
import { type RefusalReport, shortened } from './lookup-reports.js'
import type { SecondHand } from './second-hand.js'

/** What became of the keys that were asked for together: every one is either answered by an event or in a failure. */
export interface Answer {
  readonly events: readonly ClusterEvent[]
  /** One for each call that failed or left keys unanswered. */
  readonly failures: readonly LookupFailure[]
}

/** Rations the questions about keys that only events tell of, while many groups have such keys. */
export interface Speculation {
  /** Whether a question has to wait: then a group asks one at a time. */
  isRationed(): boolean
  /** Resolves when such a question may be asked. Absent: at once. */
  wait(): Promise<void> | undefined
  /** Ends the wait: the group has a listed key now. */
  leave(): void
}

export interface LookupQueueSetup {
  /** The most keys that are asked for at once. */
  readonly batch: number
  /** The most questions under way. */
  readonly concurrency: number
  readonly laneOf: (key: string) => string
  /** Resolves when a question may be asked; to false when the signal has aborted. Absent: at once. */
  readonly turn?: ((signal: AbortSignal) => Promise<boolean>) | undefined
  readonly speculation: Speculation
  readonly ask: (keys: readonly string[], signal: AbortSignal) => Promise<Answer>
  readonly emit: (output: Delivery | Notice) => void
  /** Tells of these events a little later, together with others. */
  readonly tell: (events: readonly ClusterEvent[]) => void
  readonly report: RefusalReport
  /** Orders refusals. */
  readonly stamp: () => number
  readonly after: SecondHand
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

export interface Wanted {
  /** Whether a snapshot lists a task that needs the key. What events alone tell may be invented. */
  readonly listed: boolean
  /** Why it was refused for good, if that is known already. */
  readonly refused: string | undefined
}

interface Entry {
  listed: boolean
  /** False for a key that is being asked for, and that nobody needs any more. */
  needed: boolean
  status: 'waiting' | 'asking' | 'resting'
  /** How often the service has said no. */
  refusals: number
  /** Why its tasks have been told not to wait. */
  refused: string | undefined
}

interface Asked {
  readonly key: string
  readonly entry: Entry
}

const soon = { base: 500, cap: 30_000 }

/** After this many refusals an answer is final. */
const finalAfter = 3

/** From 10 to 20 seconds after the first refusal, and twice that after the second. */
const laterMs: Millis = 10_000

/** From a quarter of an hour to half an hour: what was refused for good may have been mended. */
const rarelyMs: Millis = 900_000

/** When this many keys were denied and none was answered meanwhile, the permission is taken to be missing for all. */
const deniedInARow = 5

/** The longest reason that is kept of a refusal. */
const mostReason = 500

const finalAdvice =
  '; tasks that need it are left out, and hold up their own services only; it is asked for again every 15 to 30 minutes'

const settled = (): void => undefined

type Line = 'listed' | 'refused' | 'unlisted' | 'unlisted and refused'

const usually: readonly Line[] = ['listed', 'refused', 'unlisted', 'unlisted and refused']
/** Every fourth turn, so that what comes last in the usual order is never shut out. */
const sometimes: readonly Line[] = ['unlisted', 'unlisted and refused', 'refused', 'listed']

const lineOf = ({ listed, refusals }: Entry): Line =>
  refusals === 0 ? (listed ? 'listed' : 'unlisted') : listed ? 'refused' : 'unlisted and refused'

/** What kind of failure it is, as the service names it. */
const nameOf = ({ error }: LookupFailure): string =>
  error.cause instanceof Error ? error.cause.name : error.name

/**
 * The keys of one group that have to be asked for. Those of tasks that a snapshot lists come first, and new keys before
 * refused ones. What comes while questions are under way goes into the next one together. What fails is asked for
 * again, with backoff, for as long as it is needed; what is refused for good is told as `LookupRefused`, so that its
 * tasks wait no more, and asked for again rarely. It remembers nothing of a key that is not needed.
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
  /** Questions that wait for their turn, and have no keys yet: when it comes, they take those that then come first. */
  #turning = 0
  #turns = 0
  /** Questions that failed since the last that did not. */
  #failures = 0
  #paused = false
  /** How often keys were denied since the last answer. */
  readonly #denied = new Map<string, number>()
  /** Why everything is refused, while the permission is taken to be missing for all keys. */
  #denial: string | undefined

  constructor(private readonly setup: LookupQueueSetup) {}

  get isIdle(): boolean {
    return this.#entries.size === 0 && this.#questions.size === 0
  }

  /** Call `pump` when all are set. */
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
    // One more refusal is final where one was before.
    const refusals = refused === undefined ? 0 : finalAfter - 1
    const entry: Entry = { listed, needed: true, status: 'waiting', refusals, refused }
    this.#entries.set(key, entry)
    this.#wait(key, entry)
    if (this.#denial !== undefined) this.#refuse([{ key, entry }], this.#denial)
  }

  /** The key is known now, or nobody needs it any more. */
  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    if (entry.status === 'asking') {
      // Not forgotten before it is answered, lest it is asked for twice at a time.
      entry.needed = false
      return
    }
    if (entry.status === 'waiting') this.#lines[lineOf(entry)].delete(key)
    this.#forget(key)
  }

  /** Asks for what waits, as far as it may. */
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

  /** Resolves when no question is under way. */
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

  /** Of one line only: an invented key that makes the service refuse a whole call harms no listed one. */
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
    // Throttling that others met meanwhile concerns this one too.
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
      emit({ _tag: 'Delivery', events, ack: settled, nack: settled })
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
    // Together, so that they are asked for together again.
    const isFinal = ({ entry }: Asked): boolean => entry.refusals >= finalAfter || this.#denial !== undefined
    const final = asked.filter(isFinal)
    const open = asked.filter((each) => !isFinal(each))
    if (final.length > 0) this.#restRarely(final, failure)
    if (open.length > 0) this.#restLater(open, failure)
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
    // What is denied as all else is was reported with it.
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

  /** From now on nobody waits for these keys. Returns those for which the reason is news. */
  #refuse(asked: readonly Asked[], text: string): readonly Asked[] {
    const reason = shortened(text, mostReason)
    const at = this.setup.stamp()
    const news = asked.filter(({ entry }) => entry.refused !== reason)
    for (const { entry } of news) entry.refused = reason
    this.setup.tell(news.map(({ key }) => ({ _tag: 'LookupRefused', key, reason, at })))
    return news
  }

  /**
   * Counts a denial. Once a key is denied for good, and several others were denied and none was answered since its
   * first refusal, nothing that is still to be asked for has to be waited for either. All is asked for in its turn.
   */
  #deny(denied: string, failure: LookupFailure): void {
    const times = (this.#denied.get(denied) ?? 0) + 1
    this.#denied.set(denied, times)
    if (times < finalAfter || this.#denied.size < deniedInARow || this.#denial !== undefined) return
    this.#denial = `${failure.operation} is denied for all that was asked for, such as ${failure.error.message}`
    const asked = Array.from(this.#entries, ([key, entry]): Asked => ({ key, entry }))
    this.#refuse(asked, this.#denial)
    const error = new Error(this.#denial, { cause: failure.error.cause })
    const name = `${nameOf(failure)} for all, final`
    this.setup.report({ ...failure, error, keys: asked.map(({ key }) => key) }, name, rarelyMs, finalAdvice)
  }

  /** One key was answered, so that the permission is there. */
  #permit(): void {
    if (this.#denial !== undefined) {
      this.#denial = undefined
      this.#wake(Array.from(this.#entries, ([key, entry]): Asked => ({ key, entry })))
    }
    this.#denied.clear()
  }
}
