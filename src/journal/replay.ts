import { OptionError } from '../core/option-error.js'
import { Observable } from 'rxjs'
import type { Clock, Millis } from '../core/clock.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { type ReplayOutcome, ReplaySession } from './replay-session.js'

export type { ReplayOutcome } from './replay-session.js'

/** How fast a journal is replayed: as fast as it is settled, as it was received, or so many times as fast as that. */
export type Pace = 'asap' | 'recorded' | number

export interface ReplayOptions {
  /**
   * One or several files, put in the order of receipt: journals of `recordTo`, or events as EventBridge sends them,
   * one a line. Plain or gzip, by content and not by name.
   */
  readonly file: string | readonly string[]
  /** Default: `asap`. */
  readonly pace?: Pace
  /**
   * Leaves out what was received later: milliseconds since the epoch, or a time of ISO 8601 such as
   * `2026-01-02T03:04:05Z`. A line without a time of receipt counts by the event's own. Default: none.
   */
  readonly until?: Millis | string
  /** Unique among a worker's sources. Default: `replay`. */
  readonly name?: string
  /** Clusters whose whole snapshots the journal holds, by name or ARN: see `Source.covers`. Default: none. */
  readonly covers?: readonly string[]
  /** Deliveries that are not settled. Reading pauses at the bound. Default: 1,000. */
  readonly maxInFlight?: number
  /** Default: the worker's. */
  readonly clock?: Clock
}

export interface Replay extends Source {
  /** What became of the first subscription that ended. Never rejects. */
  readonly done: Promise<ReplayOutcome>
}

/** The time that an option names. Throws an OptionError for a text that is none. */
const timeOf = (until: Millis | string | undefined): Millis => {
  if (until === undefined) return Infinity
  const time = typeof until === 'number' ? until : Date.parse(until)
  if (Number.isNaN(time)) throw new OptionError(`replay: until "${until}" is no time of ISO 8601`)
  return time
}

const speedOf = (pace: Pace): number => {
  const speed = pace === 'asap' ? Infinity : pace === 'recorded' ? 1 : pace
  if (!(speed > 0)) throw new OptionError(`replay: expected a pace above 0, got ${pace}`)
  return speed
}

/**
 * Events out of a journal: a bug report is a file.
 *
 * - A delivery is a line. `ack` makes room for the next; `nack` lets it come again after a second.
 * - The file itself is never changed, so every subscription reads all of it anew: nothing that was acknowledged is
 *   remembered.
 * - It ends: the stream completes once everything is read and settled, which `run` takes well, and `done` resolves. A
 *   stop ends it sooner.
 * - A line that is no event is reported with its number. A last line that does not end, as a crash leaves it, is a
 *   warning; so a journal cut off anywhere gives the deliveries before the cut.
 * - A file that cannot be read is a `SourceFailed` that is not tried again, and ends it.
 *
 * Throws an OptionError for a pace that is not above 0, a bound below 1, and an `until` that is no time.
 */
export const replay = (options: ReplayOptions): Replay => {
  const { file, pace = 'asap', name = 'replay', covers = [], maxInFlight = 1000 } = options
  if (!(maxInFlight >= 1))
    throw new OptionError(`replay: expected maxInFlight of at least 1, got ${maxInFlight}`)
  const files = typeof file === 'string' ? [file] : file
  const until = timeOf(options.until)
  const speed = speedOf(pace)
  let ended: (outcome: ReplayOutcome) => void = () => undefined
  const done = new Promise<ReplayOutcome>((resolve) => (ended = resolve))

  return {
    name,
    covers,
    // A journal holds whatever was delivered, answers of lookups too.
    provides: ['definitions', 'addresses'],
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
