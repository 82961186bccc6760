import { Observable } from 'rxjs'
import { backoff } from './backoff.js'
import type { Delivery, Notice, Source, SourceContext } from './source.js'

/**
 * Subscribes to a source again if its stream errors. Sources promise not to error; a violation is reported and retried
 * with backoff, and does not affect other sources.
 */
export const followSource = (source: Source, context: SourceContext): Observable<Delivery | Notice> =>
  new Observable((subscriber) => {
    const { clock, random, signal } = context
    const subscribe = (failures: number): void => {
      subscriber.add(
        source.deliveries(context).subscribe({
          next: (output) => subscriber.next(output),
          complete: () => subscriber.complete(),
          error: (thrown) => {
            const retryIn = backoff(failures, random)
            const error = thrown instanceof Error ? thrown : new Error(String(thrown))
            subscriber.next({ _tag: 'SourceFailed', operation: 'deliveries', error, retryIn })
            void clock.sleep(retryIn, signal).then(() => {
              if (signal.aborted) subscriber.complete()
              else subscribe(failures + 1)
            })
          },
        }),
      )
    }
    subscribe(0)
  })
