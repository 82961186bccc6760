import { OptionError } from '../core/option-error.js'
import { Observable } from 'rxjs'
import type { Clock, Millis } from '../core/clock.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { type ReplayOutcome, ReplaySession } from './replay-session.js'

export type { ReplayOutcome } from './replay-session.js'

/** How fast to replay a journal: as fast as deliveries settle, as recorded, or at a multiple of the recorded speed. */
export type Pace = 'asap' | 'recorded' | number

export interface ReplayOptions {
  /**
   * One or more files, merged in the order of receipt: journals of `recordTo`, or raw EventBridge events, one per line.
   * Plain or gzip, detected by content and not by name.
   */
  readonly file: string | readonly string[]
  /** Default: `asap`. */
  readonly pace?: Pace
  /**
   * Leaves out what was received later: milliseconds since the epoch, or an ISO 8601 time such as
   * `2026-01-02T03:04:05Z`. Lines without a time of receipt use the event's own time. Default: no limit.
   */
  readonly until?: Millis | string
  /** Unique among a worker's sources. Default: `replay`. */
  readonly name?: string
  /** Clusters whose complete snapshots the journal contains, by name or ARN: see `Source.covers`. Default: none. */
  readonly covers?: readonly string[]
  /** Maximum number of unsettled deliveries, at which reading pauses. Default: 1,000. */
  readonly maxInFlight?: number
  /** Default: the worker's. */
  readonly clock?: Clock
}

export interface Replay extends Source {
  /** The outcome of the first subscription that ended. Never rejects. */
  readonly done: Promise<ReplayOutcome>
}

/** Parses the option `until`. Throws an OptionError for an invalid time. */
const timeOf = (until: Millis | string | undefined): Millis => {
  if (until === undefined) return Infinity
  const time = typeof until === 'number' ? until : Date.parse(until)
  if (Number.isNaN(time)) throw new OptionError(`replay: until: expected an ISO 8601 time, got "${until}"`)
  return time
}

const speedOf = (pace: Pace): number => {
  const speed = pace === 'asap' ? Infinity : pace === 'recorded' ? 1 : pace
  if (!(speed > 0)) throw new OptionError(`replay: pace: expected a number above 0, got ${pace}`)
  return speed
}

/**
 * A source that replays the events in a journal, for example one from a bug report.
 *
 * - Each line is a delivery. `ack` makes room for the next; after `nack`, it is delivered again in a second.
 * - The files are never changed, and acknowledgements are not stored: every subscription reads them from the beginning.
 * - The stream completes once everything is read and settled, and `done` resolves; `run` allows this. A stop ends it
 *   sooner.
 * - A line that is not an event is reported with its number. An incomplete last line, as a crash leaves it, is a
 *   warning; a truncated journal therefore yields all deliveries before the cut.
 * - A file that cannot be read is reported as a `SourceFailed` without retry, and ends the stream.
 *
 * Throws an OptionError for a pace that is not above 0, a bound below 1, and an invalid `until`.
 */
export const replay = (options: ReplayOptions): Replay => {
  const { file, pace = 'asap', name = 'replay', covers = [], maxInFlight = 1000 } = options
  if (!(maxInFlight >= 1))
    throw new OptionError(`replay: maxInFlight: expected at least 1, got ${maxInFlight}`)
  const files = typeof file === 'string' ? [file] : file
  const until = timeOf(options.until)
  const speed = speedOf(pace)
  let ended: (outcome: ReplayOutcome) => void = () => undefined
  const done = new Promise<ReplayOutcome>((resolve) => (ended = resolve))

  return {
    name,
    covers,
    // A journal holds whatever was delivered, answers of lookups too.
    provides: ['definitions', 'addresses', 'deployments', 'health'],
    done,
    deliveries: ({ state$, clock: workerClock }) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const clock = options.clock ?? workerClock
        const session = new ReplaySession({ files, until, speed, maxInFlight, clock }, (output) =>
          subscriber.next(output),
        )
        void session.ended.then((outcome) => {
          ended(outcome)
          subscriber.complete()
        })
        subscriber.add(state$.subscribe({ complete: () => session.stop() }))
        subscriber.add(() => session.abort())
        void session.run()
      }),
  }
}
