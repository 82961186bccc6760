import type { Clock, Millis } from '../../core/clock.js'
import type { Journal } from '../../core/journal.js'
import type { ProjectOptions } from '../../core/project.js'
import { withinTime } from '../../core/within-time.js'
import { QueryError } from '../../inspector/query-error.js'
import { journalHistory } from '../../journal/journal-history.js'
import { type JournalWorld, journalWorld } from '../explain/journal-world.js'

/** A journal of 100,000 tasks is read in some seconds. */
const readsForMs: Millis = 60_000

/** A moment that is just over may still get entries from others. */
const keptMs: Millis = 30_000

/** Where the journal begins changes with its checkpoints. */
const looksAfterMs: Millis = 600_000

export interface PastWorldsOptions {
  /** Not the object that the worker uses, which makes one call at a time. */
  readonly journal: Pick<Journal, 'catchUp'>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called when it is known where the journal begins. */
  readonly learned: () => void
}

/**
 * Worlds of the past, from a journal. One reading at a time; the world of the moment that was asked last is kept, for
 * the tables and explanations of one page.
 */
export class PastWorlds {
  #last: { readonly at: Millis; readonly until: Millis; readonly world: Promise<JournalWorld> } | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #from: Millis | undefined
  #looksAt: Millis = -Infinity

  constructor(private readonly options: PastWorldsOptions) {}

  /** Rejects with a QueryError for a time that the journal does not have. */
  world(at: Millis, projection: ProjectOptions): Promise<JournalWorld> {
    const { journal, clock } = this.options
    const now = clock.now()
    if (at > now) throw new QueryError('at: expected a time that is over')
    const last = this.#last
    if (last?.at === at && now < last.until) return last.world
    const world = this.#inTurn(async (signal) => {
      const found = await journalWorld({
        journal,
        at,
        projection,
        signal,
        pause: () => clock.sleep(0, signal),
      })
      this.#learn(found.from)
      return found
    })
    this.#last = { at, until: now + keptMs, world }
    // A failure is not kept.
    world.catch(() => {
      if (this.#last?.world === world) this.#last = undefined
    })
    return world
  }

  /** The times that may be asked; `undefined` while that is not known. Finds it out meanwhile. */
  get range(): { readonly from: Millis; readonly to: Millis } | undefined {
    const now = this.options.clock.now()
    if (now >= this.#looksAt) {
      this.#looksAt = now + looksAfterMs
      this.#inTurn((signal) => journalHistory(this.options.journal, signal)).then(
        ([first]) => this.#learn(first?.at),
        // Whoever asks for the past gets the error.
        () => undefined,
      )
    }
    return this.#from === undefined ? undefined : { from: Math.min(this.#from, now), to: now }
  }

  #learn(from: Millis | undefined): void {
    if (from === undefined || from === this.#from) return
    this.#from = from
    this.options.learned()
  }

  #inTurn<A>(work: (signal: AbortSignal) => Promise<A>): Promise<A> {
    const { clock, signal } = this.options
    const read = (): Promise<A> => withinTime(readsForMs, clock, signal, work)
    const result = this.#reading.then(read, read)
    this.#reading = result
    // Who waits for it gets the error, too.
    result.catch(() => undefined)
    return result
  }
}
