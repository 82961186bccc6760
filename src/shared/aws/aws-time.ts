import type { Clock, Millis } from '../../core/clock.js'
import { systemClock } from '../async/system-clock.js'
import { isObject } from '../codec/lenient.js'

/** Beyond this, a call tells little about the clocks. */
const longestMeasure: Millis = 5_000

/** `Date` tells whole seconds. */
const resolution: Millis = 1_000

/**
 * The time that an HTTP answer tells in its `Date` header; `undefined` where it has none. For the middleware of an AWS
 * client, whose answers carry it beside the output.
 */
export const answerDate = (response: unknown): Millis | undefined => {
  if (!isObject(response) || !isObject(response['headers'])) return undefined
  const { date } = response['headers']
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/**
 * What the clock of AWS has told. The clock of this machine may be wrong by days, or jump; that of AWS is the one that
 * task events are stamped with.
 */
export class AwsTime {
  private newest: Millis = 0
  private newestDate: Millis = 0
  private ahead: Millis | undefined

  /** An answer of AWS told `date`; the request left at `sentAt` and the answer came at `receivedAt`, by our clock. */
  observe(date: Millis, sentAt: Millis, receivedAt: Millis): void {
    this.newest = Math.max(this.newest, sentAt, receivedAt)
    this.hear(date)
    // A long poll leaves too much open.
    if (receivedAt - sentAt > longestMeasure) return
    // The service wrote the date between the two, and may have cut off most of a second. What that leaves open is none.
    const most = receivedAt - date
    const least = sentAt - date - resolution
    this.ahead = least > 0 ? least : most < 0 ? most : 0
  }

  /** Takes a time that surely comes from AWS, such as that of a signed message. */
  hear(date: Millis): void {
    this.newest = Math.max(this.newest, date)
    this.newestDate = Math.max(this.newestDate, date)
  }

  /** How far our clock is ahead, at least; negative when it is behind. `undefined` before the first answer. */
  get aheadMs(): Millis | undefined {
    return this.ahead
  }

  /** The latest time that AWS has told: the present, or before it. 0 before the first answer. */
  get told(): Millis {
    return this.newestDate
  }

  /** The latest time that any clock has told, AWS's or ours. Never goes back, so no jump makes the present a future. */
  latest(now: Millis): Millis {
    this.newest = Math.max(this.newest, now)
    return this.newest
  }
}

const byClock = new WeakMap<Clock, AwsTime>()

/** What all sources that tell the time by one clock have learned of AWS's. */
export const awsTime = (clock: Clock): AwsTime => {
  const found = byClock.get(clock)
  if (found !== undefined) return found
  const time = new AwsTime()
  byClock.set(clock, time)
  return time
}

/** Tells when a skew is news: the first that is not 0, and each that differs by a second or more from the last told. */
export const skewNews = (): ((aheadMs: Millis | undefined) => boolean) => {
  let told: Millis = 0
  return (aheadMs) => {
    if (aheadMs === undefined || Math.abs(aheadMs - told) < resolution) return false
    told = aheadMs
    return true
  }
}

/**
 * The latest time that any clock has told: the injected one, AWS's, or the machine's. For bounds that must not refuse
 * what is honest, so the most generous of them counts.
 */
export const latestTime = (clock: Clock): Millis =>
  Math.max(awsTime(clock).latest(clock.now()), systemClock.now())
