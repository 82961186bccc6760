import type { Letter, TruthChange } from './cluster-life.js'
import type { Contents } from './contents.js'
import { Durations, type Spread } from './durations.js'

/** How truth and table came to agree, server by server. */
export interface Figures {
  /** Changes whose event was not lost: from the change of the truth until the table showed it. */
  readonly told: Spread
  /** Of those, from the arrival of the event in the queue. */
  readonly queued: Spread
  /** Changes whose event was lost, which the next event of the same task told. */
  readonly retold: Spread
  /** Changes whose event was lost, and no other came: a snapshot showed them. */
  readonly found: Spread
  /**
   * The table left the truth with no change of it, until it came back. That is what a late event does to a server
   * that came and went while it was under way, or whose address passed from one task to the next.
   */
  readonly strayed: Spread
  /** Changes that the cluster itself took back before the table showed them. */
  readonly overtaken: number
  /** Servers on which truth and table differ now. */
  readonly open: number
}

type Cause = Pick<TruthChange, 'task' | 'version' | 'lost'>

/** A server on which truth and table differ. Times in milliseconds, of one clock. */
interface Difference {
  readonly since: number
  /** None if it was the table that changed. */
  readonly cause: Cause | undefined
  queuedAt: number | undefined
  /** A later event of the same task is in the queue. */
  retold: boolean
}

/**
 * Measures, for each server, how long the table is wrong about it: a difference opens when truth or table changes,
 * and closes when a read of the table shows the truth. Told of all that happens; looks at no clock.
 */
export class Convergence {
  readonly #truth: Set<string>
  #table: ReadonlySet<string>
  readonly #open = new Map<string, Difference>()
  readonly #told = new Durations()
  readonly #queued = new Durations()
  readonly #retold = new Durations()
  readonly #found = new Durations()
  readonly #strayed = new Durations()
  #overtaken = 0

  /** Begins with what is already there: an empty table is not yet a wrong one, and what it lacks is not counted. */
  constructor(truth: Contents, table: Contents) {
    this.#truth = new Set(keysOf(truth))
    this.#table = keysOf(table)
  }

  truthChanged({ service, server, live, ...cause }: TruthChange, at: number): void {
    const key = keyOf(service, server)
    if (live) this.#truth.add(key)
    else this.#truth.delete(key)
    if (this.#differs(key)) {
      this.#open.set(key, { since: at, cause, queuedAt: undefined, retold: false })
    } else if (this.#open.delete(key)) this.#overtaken++
  }

  /** Copies of events are in the queue. */
  queued(letters: readonly Letter[], at: number): void {
    for (const { task, version } of letters) {
      if (task === undefined) continue
      for (const difference of this.#open.values()) {
        if (difference.cause?.task !== task) continue
        if (version === difference.cause.version) difference.queuedAt ??= at
        else if (version > difference.cause.version) difference.retold = true
      }
    }
  }

  /** What a read of the table that ended at `at` showed. */
  tableRead(contents: Contents, at: number): void {
    const before = this.#table
    this.#table = keysOf(contents)
    for (const [key, difference] of this.#open) {
      if (this.#differs(key)) continue
      this.#open.delete(key)
      this.#close(difference, at)
    }
    for (const key of new Set([...before, ...this.#table]))
      if (before.has(key) !== this.#table.has(key) && this.#differs(key) && !this.#open.has(key))
        this.#open.set(key, { since: at, cause: undefined, queuedAt: undefined, retold: false })
  }

  get figures(): Figures {
    return {
      told: this.#told.spread,
      queued: this.#queued.spread,
      retold: this.#retold.spread,
      found: this.#found.spread,
      strayed: this.#strayed.spread,
      overtaken: this.#overtaken,
      open: this.#open.size,
    }
  }

  #differs(key: string): boolean {
    return this.#truth.has(key) !== this.#table.has(key)
  }

  #close({ since, cause, queuedAt, retold }: Difference, at: number): void {
    const took = at - since
    if (cause === undefined) this.#strayed.add(took)
    else if (cause.lost) (retold ? this.#retold : this.#found).add(took)
    else {
      this.#told.add(took)
      // A snapshot, or the task's next event, may have been faster than the event itself.
      if (queuedAt !== undefined) this.#queued.add(at - queuedAt)
    }
  }
}

const keyOf = (service: string, server: string): string => `${service} ${server}`

const keysOf = (contents: Contents): ReadonlySet<string> =>
  new Set([...contents].flatMap(([service, servers]) => servers.map((server) => keyOf(service, server))))
