import { BehaviorSubject, Observable } from 'rxjs'
import { emptyState } from './core/cluster-state.js'
import type { ClusterEvent } from './core/event.js'
import { defaultSkewAllowanceMs } from './core/liveness.js'
import { exposesNothing, type Policy } from './core/policy.js'
import type { Environment } from './core/run-setup.js'
import { sourceContext } from './core/source-context.js'
import type { Notice, Source } from './core/source.js'
import { systemClock } from './shared/async/system-clock.js'

export interface EventsOptions extends Partial<Environment> {
  /** Receives what the source reports, such as failures and messages that are not events. Default: they are dropped. */
  readonly onNotice?: (notice: Notice) => void
}

const offersNothing: Policy = { expose: () => exposesNothing, needs: 'none' }

/**
 * The events of one source, as it delivers them: late, twice, out of order, or not at all. Each delivery is acknowledged
 * as soon as the subscriber has received its events: what the subscriber does with them afterwards may be lost by a
 * crash. Unsubscribing stops the source without waiting. Each subscription follows the source on its own.
 *
 * It does not fold: to know what is running, use `run`. Sources that watch the state, such as lookups, find none here.
 */
export const events = (source: Source, options: EventsOptions = {}): Observable<ClusterEvent> => {
  const { clock = systemClock, random = Math.random, onNotice = () => undefined } = options
  return new Observable((subscriber) => {
    const stop = new AbortController()
    const state$ = new BehaviorSubject(emptyState)
    subscriber.add(() => stop.abort())
    subscriber.add(
      source
        .deliveries(
          sourceContext({
            state$,
            expose: offersNothing,
            skewAllowanceMs: defaultSkewAllowanceMs,
            clock,
            random,
            signal: stop.signal,
          }),
        )
        .subscribe({
          next: (output) => {
            if (output._tag !== 'Delivery') {
              onNotice(output)
              return
            }
            for (const event of output.events) subscriber.next(event)
            // Whoever unsubscribed while it received the events may not have taken them all.
            if (subscriber.closed)
              output.nack(new Error('the subscriber left before it had received everything'))
            else output.ack()
          },
          error: (thrown) => subscriber.error(thrown),
          complete: () => subscriber.complete(),
        }),
    )
  })
}
