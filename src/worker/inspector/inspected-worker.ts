import { merge } from 'rxjs'
import type { Clock, Millis } from '../../core/clock.js'
import type { AnySink } from '../../core/sink.js'
import type { Source } from '../../core/source.js'
import type { Worker } from '../../core/worker.js'
import type { Inspector } from '../../inspector/inspector.js'
import { inspectorOf } from '../../inspector/inspector-of.js'
import { Observer } from '../../inspector/observer/observer.js'
import { QueryError } from '../../inspector/query-error.js'

export interface InspectedWorkerOptions {
  readonly worker: string
  readonly version: string
  readonly sources: readonly Pick<Source, 'name' | 'covers'>[]
  readonly sinks: readonly Pick<AnySink, 'name' | 'dry'>[]
  readonly clock: Clock
  /** Ends the pauses of answers. */
  readonly signal: AbortSignal
}

/** Asks a running worker. Call it before the worker reports anything: see `Worker.reports$`. */
export const inspectedWorker = (
  running: Pick<Worker, 'reports$' | 'state$' | 'world'>,
  { clock, signal, ...named }: InspectedWorkerOptions,
): Inspector => {
  const observer = new Observer({ ...named, startedAt: clock.now() })
  running.reports$.subscribe((report) => observer.hear(report, clock.now()))
  running.state$.subscribe((state) => observer.see(state))
  return inspectorOf({
    world: async (at: Millis | undefined) => {
      if (at !== undefined) throw new QueryError('at: this worker cannot show the past; expected none')
      const world = await running.world()
      return { ...world, observed: { ...observer.observed(world.now), journal: undefined } }
    },
    changes$: merge(running.state$, running.reports$),
    clock,
    signal,
  })
}
