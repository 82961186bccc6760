import { OptionError } from '../core/option-error.js'
import { Observable, Subscription } from 'rxjs'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { Recorder } from './recorder.js'

export interface RecordToOptions {
  /**
   * The directory of the files; created with mode 0700 if it is missing. The files are named `<source>-<number>.jsonl`,
   * with mode 0600; their names sort in the order of writing. Several sources may share the directory. A new process
   * appends to the newest file.
   */
  readonly directory: string
  /** Maximum size of a file, after which the next one begins. Default: 64 MiB. */
  readonly maxBytes?: number
  /** Number of files that are kept, the newest ones. Default: 8. */
  readonly maxFiles?: number
  /**
   * When to force writes to the disk, so that they survive a crash of the machine. They always survive a crash of the
   * process.
   * - `every`: before a delivery is passed on. Waiting deliveries share one call.
   * - `interval` (default): once a second, while there is something new.
   * - `never`: left to the operating system.
   */
  readonly fsync?: 'every' | 'interval' | 'never'
  /** How long one write may take before deliveries are passed on unrecorded. Default: 5,000 ms. */
  readonly timeoutMs?: Millis
  /** Maximum number of bytes that wait to be written. Further deliveries are passed on unrecorded. Default: 128 MiB. */
  readonly maxWaitingBytes?: number
  /** Default: the system clock. */
  readonly clock?: Clock
  /** Default: `Math.random`. */
  readonly random?: Random
}

/**
 * Wraps a source and records its deliveries for `replay`. The result has the same name, clusters and deliveries, in the
 * same order.
 *
 * - *Write-ahead*: a delivery is passed on once its line is written, so the journal contains everything that the worker
 *   acted on.
 * - *Redacted*: only the fields of `ClusterEvent` are written, and only `SERVICE_…` variables of environments. Docker
 *   labels are written unchanged.
 * - *Non-blocking*: while the disk fails, is full or hangs, deliveries are passed on unrecorded. A `SourceFailed`
 *   reports this, writing is retried with backoff, and a `Warning` then says how many deliveries are missing.
 * - Notices are passed on, and not recorded.
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
    if (!(value >= 1)) throw new OptionError(`recordTo: ${name}: expected at least 1, got ${value}`)

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
