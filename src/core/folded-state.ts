import { BehaviorSubject, type Observable } from 'rxjs'
import type { ClusterArn, TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import type { ClusterEvent } from './event.js'
import type { JournalEvent } from './journal.js'
import { foldAll } from './fold.js'
import type { Follows } from './followed.js'
import { isCovered } from './is-covered.js'
import { reduce } from './reduce.js'
import { relistingInSlices } from './relisting.js'
import { atOnce, type Sliced, sliceSize } from './sliced.js'
import { sweepInSlices } from './sweep.js'
import { TaskRoom } from './task-room.js'

export interface FoldedStateOptions {
  /** The clusters that sources cover with snapshots. */
  readonly covers: readonly string[]
  readonly follows: Follows
  readonly skewAllowanceMs: Millis
  /** Called with each published state. */
  readonly onState: () => void
}

/** The events of a delivery that there is room for. */
export interface Admitted {
  readonly events: readonly ClusterEvent[]
  /** The clusters that have implausibly many tasks. Events of their new tasks were left out. */
  readonly crowded: ReadonlySet<ClusterArn>
}

/** What an event says that a state does not know: nothing, the event itself, or its difference. */
function* difference(state: ClusterState, event: ClusterEvent): Sliced<readonly JournalEvent[]> {
  if (event._tag !== 'TasksListed') return reduce(state, event) === state ? [] : [event]
  if (!state.marks.has(event.cluster)) return [event]
  const relisted = yield* relistingInSlices(event, state)
  if (relisted !== undefined) return [relisted]
  // An older snapshot still describes its tasks.
  const news: JournalEvent[] = []
  for (const [i, task] of event.tasks.entries()) {
    if (i > 0 && i % sliceSize === 0) yield
    const changed: ClusterEvent = { _tag: 'TaskChanged', task }
    if (reduce(state, changed) !== state) news.push(changed)
  }
  return news
}

/**
 * Announcements of deployments are kept for at most this many services, because senders can invent them. A cluster has
 * at most 5,000 services. Source: Amazon ECS service quotas.
 */
const mostServices = 50_000

/** Holds the state that all events are folded into, bounds it, and forgets what is no longer needed. */
export class FoldedState {
  private readonly states = new BehaviorSubject<ClusterState>(emptyState)
  private readonly fed = new BehaviorSubject<ClusterState>(emptyState)
  private readonly room = new TaskRoom()
  private isPublished = true
  private feeds = false
  /** The published state, and each one that follows. Completes with `end`. */
  readonly state$: Observable<ClusterState> = this.states.asObservable()
  /**
   * For sources: the current state, and each one that follows, at once. What they deliver in return is folded before
   * anything is published: a source may say that a task must not be used. Completes with `endFeed`, which tells them to
   * stop.
   */
  readonly fed$: Observable<ClusterState> = this.fed.asObservable()

  constructor(private readonly options: FoldedStateOptions) {}

  get current(): ClusterState {
    return this.fed.value
  }

  /** Whether sources are being given a state at this moment: what one delivers now is its answer to that. */
  get isFeeding(): boolean {
    return this.feeds
  }

  /** Whether the task is in a cluster that sources cover with snapshots. */
  isCovered(task: TaskArn): boolean {
    return this.isCoveredCluster(this.current.tasks.get(task)?.cluster ?? '')
  }

  /** Leaves out events that there is no room for. */
  admit(events: readonly ClusterEvent[]): Admitted {
    const state = this.current
    const crowded = new Set<ClusterArn>()
    const added = new Set<TaskArn>()
    const admitted = events.filter((event) => {
      if (this.fits(event, state, added)) return true
      if (event._tag === 'TaskChanged') crowded.add(event.task.cluster)
      return false
    })
    return { events: admitted, crowded }
  }

  /** What the current state does not know of events, for a journal. */
  *news(events: readonly ClusterEvent[]): Sliced<readonly JournalEvent[]> {
    let state = this.current
    const all: JournalEvent[] = []
    for (const [i, event] of events.entries()) {
      const news = yield* difference(state, event)
      for (const one of news) all.push(one)
      // What follows must not be new twice.
      if (i < events.length - 1) state = yield* foldAll(state, news)
    }
    return all
  }

  /** Makes a state the current one. Sources get it; everybody else does with `publish`. */
  set(state: ClusterState): void {
    this.isPublished = false
    this.feeds = true
    this.fed.next(state)
    this.feeds = false
  }

  /** Publishes the current state, unless it is published already. */
  publish(): void {
    if (this.isPublished) return
    this.isPublished = true
    this.states.next(this.current)
    this.options.onState()
  }

  /** Called after snapshots: counts the known tasks of each cluster again. */
  recount(): Sliced<void> {
    return this.room.recount(this.current)
  }

  /** Forgets what can no longer matter: see `sweep`. Returns the numbers of forgotten and remaining tasks. */
  *forget(now: Millis, settled: boolean): Sliced<{ readonly forgotten: number; readonly tasks: number }> {
    const { skewAllowanceMs, follows } = this.options
    const before = this.current
    const after = yield* sweepInSlices(before, {
      skewAllowanceMs,
      now,
      settled,
      follows: (cluster) => follows(cluster, before) !== 'no',
    })
    const forgotten = before.tasks.size - after.tasks.size
    if (forgotten > 0) yield* this.room.recount(after)
    this.set(after)
    return { forgotten, tasks: after.tasks.size }
  }

  /** Forgets tasks of clusters that turned out to be others than those that are followed. */
  forgetUnfollowed(): void {
    const before = this.current
    const known = new Map<ClusterArn, boolean>()
    const isUnfollowed = (cluster: ClusterArn): boolean => {
      const unfollowed =
        known.get(cluster) ?? (this.options.follows(cluster, before) === 'no' && !before.marks.has(cluster))
      known.set(cluster, unfollowed)
      return unfollowed
    }
    let { tasks } = before
    // Nobody may see a state with these tasks, so it is not done in slices.
    for (const [arn, { cluster }] of before.tasks) if (isUnfollowed(cluster)) tasks = tasks.delete(arn)
    if (tasks === before.tasks) return
    const state = { ...before, tasks }
    atOnce(this.room.recount(state))
    this.set(state)
  }

  /** Tells the sources to stop. */
  endFeed(): void {
    this.fed.complete()
  }

  /** Called at the end of a stop. */
  end(): void {
    this.states.complete()
  }

  private isCoveredCluster(cluster: ClusterArn): boolean {
    return isCovered(cluster, this.options.covers, this.current)
  }

  /**
   * Whether an event may be folded: false for a new task in a cluster that already has implausibly many. `added`: the
   * new tasks that have been admitted with it.
   */
  private fits(event: ClusterEvent, state: ClusterState, added: Set<TaskArn>): boolean {
    if (event._tag === 'DeploymentAnnounced')
      return state.deployments.has(event.service) || state.deployments.size < mostServices
    if (event._tag !== 'TaskChanged') return true
    const { arn, cluster } = event.task
    if (state.tasks.has(arn) || added.has(arn)) return true
    if (!this.room.hasRoom(cluster, state) && this.isCoveredCluster(cluster)) return false
    this.room.add(cluster)
    added.add(arn)
    return true
  }
}
