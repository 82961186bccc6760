import { EMPTY, from, type Observable, type Subscription } from 'rxjs'
import type { Clock } from './clock.js'
import { conflateMap } from './conflate-map.js'
import { inSlices, type Sliced } from './sliced.js'

export interface FollowOptions {
  readonly clock: Pick<Clock, 'sleep'>
  /** After it aborts, the rest of a look is done without pauses for others. */
  readonly signal: AbortSignal
  /** Called after the last look, when there are no more values. */
  readonly complete?: () => void
}

/**
 * Looks at values as they come: at once at one that takes a slice or less, else in slices. Of the values that come
 * meanwhile, only the newest is looked at.
 */
export const followInSlices = <A>(
  values$: Observable<A>,
  look: (value: A) => Sliced<void>,
  { clock, signal, complete = () => undefined }: FollowOptions,
): Subscription =>
  values$
    .pipe(
      conflateMap((value) => {
        const slow = inSlices(
          look(value),
          () => clock.sleep(0, signal),
          () => undefined,
        )
        return slow === undefined ? EMPTY : from(slow)
      }),
    )
    .subscribe({ complete })
