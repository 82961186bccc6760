import type { Observable } from 'rxjs'
import type { ClusterArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { Delivery, Notice, SourceContext } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import { awsTime, skewNews } from '../../../shared/aws/aws-time.js'
import { CallReports } from '../../../shared/async/call-reports.js'
import { interruptibleSleep } from '../../../shared/async/interruptible-sleep.js'
import { clusterDirectory, type ClusterFinding, notFound } from './cluster-directory.js'
import { clusterSnapshot, type ListedTasks, type Snapshot } from './cluster-snapshot.js'
import { delivery } from './delivery.js'
import { DueReports } from './due-reports.js'
import { CallFailed, ecsCall, type EcsEnvironment } from './ecs-calls.js'
import type { Headcount } from './headcount.js'
import { identityReport } from './identity-report.js'
import { isObject } from '../../../shared/codec/json-object.js'
import { lateMs } from './missed-news.js'
import type { RefreshRequest } from './refresh-request.js'
import { type NextLookup, repeatedLookup } from './repeated-lookup.js'

export interface FollowerSetup extends EcsEnvironment {
  /** Time from the end of one lookup of a pattern to the beginning of the next, and after a final refusal. */
  readonly interval: () => Millis
  /** The time from the end of one snapshot of the cluster with this name or ARN to the beginning of the next. */
  readonly pace: (named: string) => Millis
  /** What to look at between two snapshots of the cluster with this name or ARN; `undefined` if nothing is known of it. */
  readonly headcount: (named: string) => Headcount | undefined
  /** A factor about 1 for each interval, so that workers do not call in step. */
  readonly spread: () => number
  /** The clusters whose next snapshot may be due earlier than `pace` said. */
  readonly wakes: Observable<ClusterArn>
  /** Each requests one more snapshot now. */
  readonly refreshes: Observable<RefreshRequest>
  /** The tasks to list. Default: all. */
  readonly only?: ListedTasks | undefined
  readonly emit: (output: Delivery | Notice) => void
  /** The order of the newest snapshot in the state, from any source; 0 if there is none. */
  readonly newestOrder: (cluster: ClusterArn) => number
  /**
   * When the newest snapshot of the cluster with this name or ARN was taken, by this worker or another; `undefined` if
   * there is none.
   */
  readonly takenAt: (named: string) => Millis | undefined
  /** The cluster with this name or ARN, if it is known what the name stands for. */
  readonly clusterNamed: (named: string) => ClusterArn | undefined
  readonly alone: SourceContext['alone']
}

/** How often a worker looks whether another has taken its snapshot. */
const retryMs: Millis = 2_000

const isClusterNotFound = (thrown: unknown): boolean =>
  thrown instanceof CallFailed &&
  isObject(thrown.cause) &&
  thrown.cause['name'] === 'ClusterNotFoundException'

/** Takes snapshots of one cluster, given by name or ARN, until the signal aborts. */
export class ClusterFollower {
  private readonly stamps = new Stamps()
  private readonly isNews = skewNews()
  private readonly directory
  private readonly snapshot
  private readonly time
  private known: ClusterArn | undefined
  private spread: number
  /** The order of our newest snapshot, when we last looked at the cluster, and whether we look a second time. */
  private takenOrder = -1
  private lookedAt: Millis = 0
  private doubts = false
  /** Callbacks for the next snapshot that begins and succeeds. */
  private waiting: ((cluster: ClusterArn, order: number) => void)[] = []
  /** The warning of the latest snapshot, and of the previous one. */
  private warning: string | undefined
  private warned: string | undefined
  private readonly sleep
  private readonly calls: CallReports
  private readonly reportIdentity
  private readonly due

  constructor(
    private readonly named: string,
    private readonly setup: FollowerSetup,
  ) {
    const { clock, only } = setup
    this.spread = setup.spread()
    this.due = new DueReports(setup.emit)
    this.calls = new CallReports(`snapshot of ${named}`, setup.emit)
    const ask = ecsCall({ ...setup, unanswered: (error, retryIn) => this.calls.failed(error, retryIn) })
    this.time = awsTime(clock)
    this.directory = clusterDirectory(ask)
    this.snapshot = clusterSnapshot({
      ask,
      time: this.time,
      clock,
      only,
      warn: (message) => (this.warning = message),
      progress: (what, done, of) => setup.emit({ _tag: 'Progressed', what, done, of }),
    })
    this.sleep = interruptibleSleep(clock)
    this.reportIdentity = identityReport({
      named,
      stamp: () => this.stamps.next(clock.now()),
      emit: setup.emit,
    })
  }

  /** Resolves when the signal has aborted and no snapshot is in progress. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, refreshes, wakes, clusterNamed } = this.setup
    const refreshing = refreshes.subscribe((request) => {
      this.waiting.push(request.join())
      this.sleep.interrupt()
    })
    const waking = wakes.subscribe((cluster) => {
      if (cluster === clusterNamed(this.named)) this.sleep.interrupt()
    })
    signal.addEventListener('abort', this.sleep.interrupt)
    await repeatedLookup(
      {
        ...this.setup,
        calls: this.calls,
        key: this.named,
        wait: this.sleep.wait,
        stamp: () => this.stamps.next(clock.now()),
        lookUp: () => this.takeIfDue(signal),
      },
      signal,
    )
    signal.removeEventListener('abort', this.sleep.interrupt)
    refreshing.unsubscribe()
    waking.unsubscribe()
  }

  /** Takes a snapshot if it is due, unless another worker that shares the journal has taken one, or is doing so. */
  private async takeIfDue(signal: AbortSignal): Promise<NextLookup> {
    const { clock, takenAt, pace, spread, alone } = this.setup
    const takenAtMs = takenAt(this.named)
    const intervalMs = pace(this.named) * this.spread
    const afterMs = takenAtMs === undefined ? 0 : takenAtMs + intervalMs - clock.now()
    if (afterMs > 0 && this.waiting.length === 0) {
      this.due.is(this.known ?? this.setup.clusterNamed(this.named), clock.now() + afterMs)
      const again = await this.lookBetween(signal)
      return { afterMs: Math.min(afterMs, intervalMs, again) }
    }
    const taken = await alone(`snapshot of ${this.named}`, () => this.take(signal))
    if (taken === undefined) return { afterMs: retryMs }
    this.spread = spread()
    this.lookedAt = clock.now()
    this.takenOrder = taken.order
    this.due.is(taken.cluster, clock.now() + pace(this.named) * this.spread)
    return { afterMs: this.setup.interval() }
  }

  /**
   * Between two snapshots, asks at the shortest interval how many tasks run: one call, however many there are. Of workers
   * that share a journal, that one asks which took the newest snapshot. Returns when to look again.
   */
  private async lookBetween(signal: AbortSignal): Promise<Millis> {
    const { clock, interval, headcount } = this.setup
    const count = headcount(this.named)
    const known = this.known
    if (count === undefined || known === undefined || this.setup.newestOrder(known) !== this.takenOrder)
      return interval()
    const afterMs = this.lookedAt + interval() * 0.9 - clock.now()
    if (afterMs > 0) return afterMs
    const verdict = await count(() => this.directory.running(known, signal), this.doubts)
    this.doubts = verdict === 'doubtful'
    // Events may be on their way.
    if (this.doubts) return lateMs
    this.lookedAt = clock.now()
    return interval()
  }

  /** Emits one snapshot of the cluster, or rejects. */
  async take(signal: AbortSignal): Promise<Snapshot & { readonly order: number }> {
    // Requests from here on are served by the next snapshot.
    const served = this.waiting.splice(0)
    try {
      const snapshot = await this.takeOne(signal)
      for (const serve of served) serve(snapshot.cluster, snapshot.order)
      return snapshot
    } catch (thrown) {
      this.waiting.unshift(...served)
      throw thrown
    }
  }

  private async takeOne(signal: AbortSignal): Promise<Snapshot & { readonly order: number }> {
    const { emit, newestOrder } = this.setup
    const cluster = await this.find(signal)
    const orderOf = (at: Millis): number =>
      this.stamps.next(at === 0 ? this.setup.clock.now() : at, newestOrder(cluster))
    let snapshot: Snapshot & { readonly order: number }
    const beganAt = this.setup.clock.now()
    this.warning = undefined
    try {
      snapshot = await this.snapshot(cluster, orderOf, signal)
    } catch (thrown) {
      if (!isClusterNotFound(thrown) || !(await this.isGone(signal))) throw thrown
      // ECS deletes only clusters without tasks, so a deleted cluster has a complete, empty snapshot.
      const at = Math.min(this.time.awsNow, this.setup.clock.now())
      snapshot = { _tag: 'TasksListed', cluster, at, order: orderOf(at), tasks: [] } as const
    }
    emit(delivery(snapshot))
    const tookMs = this.setup.clock.now() - beganAt
    emit({ _tag: 'SnapshotTaken', cluster, tasks: snapshot.tasks.length, tookMs })
    this.warn()
    const { aheadMs } = this.time
    if (aheadMs !== undefined && this.isNews(aheadMs)) emit({ _tag: 'ClockSkew', aheadMs })
    return snapshot
  }

  /** Emits a warning once, for as long as it stays the same. */
  private warn(): void {
    const { warning, warned } = this
    this.warned = warning
    if (warning !== undefined && warning !== warned) this.setup.emit({ _tag: 'Warning', message: warning })
  }

  /** Cached, because a name keeps its ARN. */
  private async find(signal: AbortSignal): Promise<ClusterArn> {
    if (this.known !== undefined) return this.known
    const { named } = this
    const finding = await this.directory.find(named, signal).catch((thrown: unknown): ClusterFinding => {
      // An ARN can be listed without the permission to describe it.
      if (named.startsWith('arn:') && thrown instanceof CallFailed && thrown.isRefusal)
        return { _tag: 'Found', cluster: named, gone: false }
      throw thrown
    })
    // Even for a cluster that does not exist yet, so that clusters of the same name elsewhere are ignored.
    if (finding.cluster !== undefined && !named.startsWith('arn:')) this.reportIdentity([finding.cluster])
    if (finding._tag === 'Missing') throw notFound(named, finding.reason)
    this.known = finding.cluster
    return finding.cluster
  }

  private async isGone(signal: AbortSignal): Promise<boolean> {
    const finding = await this.directory.find(this.known ?? this.named, signal)
    return finding._tag === 'Missing' || finding.gone
  }
}
