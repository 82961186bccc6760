import type { Clock, Millis } from '../../core/clock.js'
import { systemClock } from '../async/system-clock.js'
import { isObject } from '../codec/json-object.js'

/** Calls that take longer than this are too imprecise to compare clocks. */
const longestMeasure: Millis = 5_000

/** The `Date` header has whole seconds. */
const resolution: Millis = 1_000

/** The time in the `Date` header of an HTTP response, or `undefined` without one. */
export const answerDate = (response: unknown): Millis | undefined => {
  if (!isObject(response) || !isObject(response['headers'])) return undefined
  const { date } = response['headers']
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/**
 * Middleware for the step `deserialize` of an AWS command, where the response is available beside the output. Passes
 * the time of each successful response to `take`.
 */
export const readAnswerDate =
  (take: (date: Millis | undefined) => void) =>
  <Args, Result extends { readonly response: unknown }>(next: (args: Args) => Promise<Result>) =>
  async (args: Args): Promise<Result> => {
    const result = await next(args)
    take(answerDate(result.response))
    return result
  }

/**
 * The time by AWS's clock, as seen in responses. This machine's clock may be wrong by days, or jump; task events are
 * stamped by AWS's clock.
 */
export class AwsTime {
  private newest: Millis = 0
  private newestDate: Millis = 0
  private ahead: Millis | undefined

  /** Takes the `date` of an AWS response. `sentAt` and `receivedAt` are by this machine's clock. */
  observe(date: Millis, sentAt: Millis, receivedAt: Millis): void {
    this.newest = Math.max(this.newest, sentAt, receivedAt)
    this.hear(date)
    // A long poll is too imprecise.
    if (receivedAt - sentAt > longestMeasure) return
    // The service wrote the date between the two times, truncated to a second. A skew within that range counts as 0.
    const most = receivedAt - date
    const least = sentAt - date - resolution
    this.ahead = least > 0 ? least : most < 0 ? most : 0
  }

  /** Takes a time that is known to come from AWS, such as that of a signed message. */
  hear(date: Millis): void {
    this.newest = Math.max(this.newest, date)
    this.newestDate = Math.max(this.newestDate, date)
  }

  /** How far this machine's clock is ahead, at least; negative if behind. `undefined` before the first response. */
  get aheadMs(): Millis | undefined {
    return this.ahead
  }

  /** The latest known time of AWS, which is now or earlier. 0 before the first response. */
  get awsNow(): Millis {
    return this.newestDate
  }

  /** The latest time of any clock, AWS's or this machine's. It never decreases, even if a clock jumps back. */
  latest(now: Millis): Millis {
    this.newest = Math.max(this.newest, now)
    return this.newest
  }
}

const byClock = new WeakMap<Clock, AwsTime>()

/** The `AwsTime` shared by all sources that use the same clock. */
export const awsTime = (clock: Clock): AwsTime => {
  const found = byClock.get(clock)
  if (found !== undefined) return found
  const time = new AwsTime()
  byClock.set(clock, time)
  return time
}

/**
 * Returns a filter for skews to report: those that differ by a second or more from the last reported one, initially 0.
 */
export const skewNews = (): ((aheadMs: Millis | undefined) => boolean) => {
  let reported: Millis = 0
  return (aheadMs) => {
    if (aheadMs === undefined || Math.abs(aheadMs - reported) < resolution) return false
    reported = aheadMs
    return true
  }
}

/**
 * The latest time of the injected clock, AWS's and the machine's. For upper bounds that must not reject honest times,
 * so the most generous clock counts.
 */
export const latestTime = (clock: Clock): Millis =>
  Math.max(awsTime(clock).latest(clock.now()), systemClock.now())
