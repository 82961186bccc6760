import { merge, Subject } from 'rxjs'
import type { Clock, Millis } from '../../core/clock.js'
import type { AnySink } from '../../core/sink.js'
import type { Source } from '../../core/source.js'
import type { Worker } from '../../core/worker.js'
import type { InspectedWorld } from '../../inspector/inspected-world.js'
import type { Inspector } from '../../inspector/inspector.js'
import { inspectorOf } from '../../inspector/inspector-of.js'
import { Observer } from '../../inspector/observer/observer.js'
import type { Journal } from '../../core/journal.js'
import type { ProjectOptions } from '../../core/project.js'
import { nothingObserved } from '../../inspector/observed.js'
import { PastWorlds } from './past-worlds.js'
import { QueryError } from '../../inspector/query-error.js'

export interface InspectedWorkerOptions {
  readonly worker: string
  readonly version: string
  readonly sources: readonly Pick<Source, 'name' | 'covers'>[]
  readonly sinks: readonly Pick<AnySink, 'name' | 'dry'>[]
  /** The worker's journal once more, as another object. Default: none, and only the present can be asked. */
  readonly past?: Pick<Journal, 'catchUp'> | undefined
  readonly clock: Clock
  /** Ends the pauses of answers. */
  readonly signal: AbortSignal
}

/** Asks a running worker. Call it before the worker reports anything: see `Worker.reports$`. */
export const inspectedWorker = (
  running: Pick<Worker, 'reports$' | 'state$' | 'world'>,
  { clock, signal, past: journal, ...named }: InspectedWorkerOptions,
): Inspector => {
  const { worker, version } = named
  const startedAt = clock.now()
  const observer = new Observer({ ...named, startedAt })
  const learned$ = new Subject<void>()
  const past = journal && new PastWorlds({ journal, clock, signal, learned: () => learned$.next() })
  let options: ProjectOptions | undefined
  const before = async (at: Millis): Promise<InspectedWorld> => {
    if (past === undefined)
      throw new QueryError('at: this worker cannot show the past, because it has no journal; expected none')
    options ??= (await running.world()).options
    const world = await past.world(at, options)
    const { revision } = world.desired
    return {
      ...world,
      now: at,
      observed: { ...nothingObserved, worker, version, startedAt, revision, journal: past.range },
    }
  }
  running.reports$.subscribe((report) => observer.hear(report, clock.now()))
  running.state$.subscribe((state) => observer.see(state))
  return inspectorOf({
    world: async (at: Millis | undefined) => {
      if (at !== undefined) return before(at)
      const world = await running.world()
      options = world.options
      return { ...world, observed: { ...observer.observed(world.now), journal: past?.range } }
    },
    changes$: merge(running.state$, running.reports$, learned$),
    clock,
    signal,
  })
}
