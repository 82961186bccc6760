import { OptionError } from '../core/option-error.js'
import { Observable, Subscription } from 'rxjs'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { Recorder } from './recorder.js'

export interface RecordToOptions {
  /**
   * Where the files are; made if it is missing, with mode 0700. They are named `<source>-<number>.jsonl`, with mode
   * 0600, and their names sort as they were written. Several sources may share it, and a process that starts goes on
   * with the newest file.
   */
  readonly directory: string
  /** A file that would grow beyond is ended, and the next begun. Default: 64 MiB. */
  readonly maxBytes?: number
  /** Files kept, the newest ones. Default: 8. */
  readonly maxFiles?: number
  /**
   * When what is written is forced to the disk, and so survives the machine. What is written survives the process in
   * any case.
   * - `every`: before a delivery is passed on. Deliveries that wait share one call.
   * - `interval` (default): once a second, while there is something new.
   * - `never`: when the system likes.
   */
  readonly fsync?: 'every' | 'interval' | 'never'
  /** How long the disk may take for one write before deliveries are passed on without it. Default: 5,000 ms. */
  readonly timeoutMs?: Millis
  /** Bytes of deliveries that wait to be written. What comes beyond is passed on without. Default: 128 MiB. */
  readonly maxWaitingBytes?: number
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: `Math.random`. */
  readonly random?: Random
}

/**
 * A source that also writes down what it delivers, for `replay`: the same name, the same clusters, the same
 * deliveries in the same order.
 *
 * - *Written ahead*: a delivery is passed on once its line is written, so what a worker acted upon is in the journal.
 * - *Redacted*: only what `ClusterEvent` names is written, and of environments only `SERVICE_…`. Docker labels are
 *   written as they are.
 * - *In nobody's way*: while the disk fails, is full or hangs, deliveries are passed on unwritten. A `SourceFailed`
 *   says so, writing is tried again with backoff, and a `Warning` then says how many deliveries are missing.
 * - Notices are passed on and not written.
 *
 * Throws an OptionError for limits below 1.
 */
export const recordTo = (source: Source, options: RecordToOptions): Source => {
  const {
    directory,
    maxBytes = 64 * 1024 * 1024,
    maxFiles = 8,
    fsync = 'interval',
    timeoutMs = 5000,
    maxWaitingBytes = 128 * 1024 * 1024,
  } = options
  for (const [name, value] of Object.entries({ maxBytes, maxFiles, timeoutMs, maxWaitingBytes }))
    if (!(value >= 1)) throw new OptionError(`recordTo: expected ${name} of at least 1, got ${value}`)

  return {
    name: source.name,
    covers: source.covers,
    ...(source.identifies === undefined ? {} : { identifies: source.identifies }),
    ...(source.provides === undefined ? {} : { provides: source.provides }),
    refresh: () => source.refresh?.(),
    deliveries: (context) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const recorder = new Recorder(
          {
            source: source.name,
            files: { directory, name: source.name, maxBytes, maxFiles, durable: fsync === 'every' },
            fsync,
            timeoutMs,
            maxWaitingBytes,
            clock,
            random,
          },
          (output) => subscriber.next(output),
        )
        const all = new Subscription()
        all.add(
          source.deliveries(context).subscribe({
            next: (output) => {
              if (output._tag === 'Delivery') recorder.record(output)
              else subscriber.next(output)
            },
            error: (thrown) => void recorder.close().then(() => subscriber.error(thrown)),
            complete: () => void recorder.close().then(() => subscriber.complete()),
          }),
        )
        all.add(() => void recorder.close())
        return all
      }),
  }
}
