import type { EventInTransit, TruthChange } from './cluster-life.js'
import type { Contents } from './contents.js'
import { Durations, type Spread } from './durations.js'

/** How the table followed the cluster, server by server. */
export interface Figures {
  /** Changes whose event was not lost: time from the change in the cluster until the table showed it. */
  readonly delivered: Spread
  /** The same, from the arrival of the event in the queue. */
  readonly queued: Spread
  /** Changes whose event was lost, repaired by the next event of the same task. */
  readonly byNextEvent: Spread
  /** Changes whose event was lost, repaired by a snapshot. */
  readonly bySnapshot: Spread
  /**
   * The table became wrong without a change in the cluster, until it was right again. A late event can cause this, if
   * its server came and went while the event was in transit, or its address passed to another task.
   */
  readonly strayed: Spread
  /**
   * How often a read of the table missed servers that it had had, and that were live all the time. Must be 0: no event,
   * late or lost, says that such a server has gone.
   */
  readonly missing: number
  /** Changes that the cluster reverted before the table showed them. */
  readonly overtaken: number
  /** The number of servers for which cluster and table differ now. */
  readonly open: number
}

type Cause = Pick<TruthChange, 'task' | 'version' | 'lost'>

/** A server for which cluster and table differ. Times in milliseconds, of one clock. */
interface Difference {
  readonly since: number
  /** `undefined` if the table changed. */
  readonly cause: Cause | undefined
  queuedAt: number | undefined
  /** Whether a later event of the same task is in the queue. */
  nextEventQueued: boolean
}

/**
 * Measures how long the table is wrong about each server. A difference opens when cluster or table changes, and closes
 * when a read of the table agrees with the cluster. All times are passed in.
 */
export class Convergence {
  readonly #truth: Set<string>
  #table: ReadonlySet<string>
  readonly #open = new Map<string, Difference>()
  readonly #delivered = new Durations()
  readonly #queued = new Durations()
  readonly #byNextEvent = new Durations()
  readonly #bySnapshot = new Durations()
  readonly #strayed = new Durations()
  /**
   * Servers that are live, and whose current task the table has shown. An address that passed to another task before
   * the table let go of it is not among them: the table may show it for the task that has stopped.
   */
  readonly #shown: Set<string>
  #missing = 0
  #overtaken = 0

  /** Starts with the current contents. Differences that exist at the start are not counted. */
  constructor(truth: Contents, table: Contents) {
    this.#truth = new Set(keysOf(truth))
    this.#table = keysOf(table)
    this.#shown = new Set([...this.#truth].filter((key) => this.#table.has(key)))
  }

  truthChanged({ service, server, live, ...cause }: TruthChange, at: number): void {
    const key = keyOf(service, server)
    if (live) this.#truth.add(key)
    else {
      this.#truth.delete(key)
      this.#shown.delete(key)
    }
    if (this.#differs(key)) {
      this.#open.set(key, { since: at, cause, queuedAt: undefined, nextEventQueued: false })
    } else if (this.#open.delete(key)) this.#overtaken++
  }

  /** Called when copies of events are in the queue. */
  queued(events: readonly EventInTransit[], at: number): void {
    for (const { task, version } of events) {
      if (task === undefined) continue
      for (const difference of this.#open.values()) {
        if (difference.cause?.task !== task) continue
        if (version === difference.cause.version) difference.queuedAt ??= at
        else if (version > difference.cause.version) difference.nextEventQueued = true
      }
    }
  }

  /** Called with the result of a read of the table that ended at `at`. */
  tableRead(contents: Contents, at: number): void {
    const before = this.#table
    this.#table = keysOf(contents)
    const missing = [...this.#shown].filter((key) => !this.#table.has(key))
    if (missing.length > 0) this.#missing++
    for (const key of missing) this.#shown.delete(key)
    for (const [key, difference] of this.#open) {
      if (this.#differs(key)) continue
      this.#open.delete(key)
      if (this.#truth.has(key)) this.#shown.add(key)
      this.#close(difference, at)
    }
    for (const key of new Set([...before, ...this.#table]))
      if (before.has(key) !== this.#table.has(key) && this.#differs(key) && !this.#open.has(key))
        this.#open.set(key, { since: at, cause: undefined, queuedAt: undefined, nextEventQueued: false })
  }

  get figures(): Figures {
    return {
      delivered: this.#delivered.spread,
      queued: this.#queued.spread,
      byNextEvent: this.#byNextEvent.spread,
      bySnapshot: this.#bySnapshot.spread,
      strayed: this.#strayed.spread,
      missing: this.#missing,
      overtaken: this.#overtaken,
      open: this.#open.size,
    }
  }

  #differs(key: string): boolean {
    return this.#truth.has(key) !== this.#table.has(key)
  }

  #close({ since, cause, queuedAt, nextEventQueued }: Difference, at: number): void {
    const took = at - since
    if (cause === undefined) this.#strayed.add(took)
    else if (cause.lost) (nextEventQueued ? this.#byNextEvent : this.#bySnapshot).add(took)
    else {
      this.#delivered.add(took)
      // A snapshot or the task's next event may have been faster than the event itself.
      if (queuedAt !== undefined) this.#queued.add(at - queuedAt)
    }
  }
}

const keyOf = (service: string, server: string): string => `${service} ${server}`

const keysOf = (contents: Contents): ReadonlySet<string> =>
  new Set([...contents].flatMap(([service, servers]) => servers.map((server) => keyOf(service, server))))
