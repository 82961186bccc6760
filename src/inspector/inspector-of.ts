import { concat, defer, ignoreElements, merge, type Observable, of } from 'rxjs'
import type { Clock, Millis } from '../core/clock.js'
import { conflateMap } from '../core/conflate-map.js'
import { type Explanation, explainInSlices } from '../core/explain/explain.js'
import { type Sliced, sliced } from '../core/sliced.js'
import { checkQuery, checkQuestion, checkTime } from './checked-query.js'
import type { InspectedWorld } from './inspected-world.js'
import type { Inspector, RowPage, RowQuery } from './inspector.js'
import type { Overview } from './overview.js'
import { overviewOf } from './overview-of.js'
import { tableRows } from './table-rows.js'
import type { TableName } from './tables.js'

/** At most four overviews a second. */
const overviewMs: Millis = 250

export interface InspectorOptions {
  /** The world now, or at a time. Rejects with a QueryError for a time that nothing is known of. */
  readonly world: (at: Millis | undefined) => Promise<InspectedWorld>
  /** Emits when the world may have changed. */
  readonly changes$: Observable<unknown>
  readonly clock: Pick<Clock, 'sleep'>
  /** Ends the pauses between slices. */
  readonly signal: AbortSignal
}

/**
 * Answers from worlds. One answer is worked out at a time, in slices of a few milliseconds; the others wait for their
 * turn. Nothing is computed while nobody asks.
 */
export const inspectorOf = ({ world, changes$, clock, signal }: InspectorOptions): Inspector => {
  const pause = (): Promise<void> => clock.sleep(0, signal)
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <A>(work: () => Promise<A>): Promise<A> => {
    const answer = last.then(work, work)
    last = answer
    return answer
  }
  const answer = <A>(at: Millis | undefined, of: (world: InspectedWorld) => Sliced<A>): Promise<A> =>
    // The past is read elsewhere, and may take long: questions about the present do not wait for it.
    at === undefined
      ? inTurn(async () => {
          const known = await world(at)
          await pause()
          return sliced(of(known), pause)
        })
      : world(at).then((known) => inTurn(() => sliced(of(known), pause)))
  const overview = (): Promise<Overview> => inTurn(async () => overviewOf(await world(undefined)))
  return {
    overview$: merge(of(undefined), changes$).pipe(
      conflateMap(() =>
        concat(
          defer(overview),
          // What changes during the pause is in the next one.
          defer(() => clock.sleep(overviewMs, signal)).pipe(ignoreElements()),
        ),
      ),
    ),
    overviewAt: async (at: Millis): Promise<Overview> => {
      checkTime(at)
      const known = await world(at)
      return inTurn(() => Promise.resolve(overviewOf(known)))
    },
    rows: async <K extends TableName>(table: K, query: RowQuery): Promise<RowPage<K>> => {
      checkQuery(query)
      return answer(query.at, (known) => tableRows(table, known, query))
    },
    explain: async (question: string, at?: Millis): Promise<Explanation> => {
      checkQuestion(question, at)
      return answer(at, (known) => explainInSlices(known, question))
    },
  }
}
