import { Observable } from 'rxjs'
import { backoff } from './backoff.js'
import type { Delivery, Notice, Source, SourceContext } from './source.js'

/**
 * A source promises never to fail. Should it, that is a bug of its own: it is reported, subscribed to again after a
 * while, and the others go on.
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
