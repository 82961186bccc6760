import type { Millis } from '../../core/clock.js'

/** How far a piece of work is. */
export interface Work {
  /** What is counted and what happens to it, such as `tasks of production described`. Names the work. */
  readonly what: string
  readonly done: number
  /** `undefined` if it is not known yet. */
  readonly of: number | undefined
}

interface Begun {
  readonly at: Millis
  readonly done: number
  saidAt: Millis
}

const number = (n: number): string => Math.round(n).toLocaleString('en-US')

const duration = (ms: Millis): string =>
  ms < 90_000 ? `${Math.max(1, Math.round(ms / 1_000))} s` : `${Math.round(ms / 60_000)} min`

/** `12,300 of 100,000 tasks of production described (12 %), about 3 min left`. */
const textOf = ({ what, done, of }: Work, begun: Begun, now: Millis): string => {
  if (of === undefined) return `${number(done)} ${what} so far, for ${duration(now - begun.at)}`
  const percent = of === 0 ? 100 : Math.floor((100 * done) / of)
  const text = `${number(done)} of ${number(of)} ${what} (${percent} %)`
  const perMs = (done - begun.done) / (now - begun.at)
  return perMs > 0 && done < of ? `${text}, about ${duration((of - done) / perMs)} left` : text
}

/** Tells of long work now and then: what is done, what remains, and how long that takes at the pace until now. */
export class Progress {
  readonly #begun = new Map<string, Begun>()

  /** @param everyMs The time from the beginning to the first text, and from one text to the next. Short work has none. */
  constructor(private readonly everyMs: Millis) {}

  /** The text, when it is time for one. */
  take(work: Work, now: Millis): string | undefined {
    const begun = this.#begun.get(work.what)
    // The same work again, such as the next snapshot, is counted from its beginning.
    if (begun === undefined || work.done < begun.done) {
      this.#begun.set(work.what, { at: now, done: work.done, saidAt: now })
      return undefined
    }
    if (work.done === work.of) {
      this.#begun.delete(work.what)
      return undefined
    }
    if (now - begun.saidAt < this.everyMs) return undefined
    begun.saidAt = now
    return textOf(work, begun, now)
  }
}
