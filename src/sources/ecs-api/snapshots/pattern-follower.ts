import { setMaxListeners } from 'node:events'
import type { ClusterArn } from '../../../core/arn.js'
import { Stamps } from '../../../core/stamps.js'
import { CallReports } from '../../../shared/async/call-reports.js'
import { interruptibleSleep } from '../../../shared/async/interruptible-sleep.js'
import { clusterDirectory } from './cluster-directory.js'
import { ClusterFollower, type FollowerSetup } from './cluster-follower.js'
import { ecsCall } from './ecs-calls.js'
import { identityReport } from './identity-report.js'
import { repeatedLookup } from './repeated-lookup.js'

interface Followed {
  readonly follower: ClusterFollower
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** Follows all clusters whose names match a pattern, including those that appear later. */
export class PatternFollower {
  private readonly stamps = new Stamps()
  private readonly directory
  private readonly calls: CallReports
  private readonly followed = new Map<ClusterArn, Followed>()
  private readonly reportIdentity

  constructor(
    private readonly pattern: string,
    private readonly setup: FollowerSetup,
  ) {
    this.calls = new CallReports(`clusters ${pattern}`, setup.emit)
    this.directory = clusterDirectory(
      ecsCall({ ...setup, unanswered: (error, retryIn) => this.calls.failed(error, retryIn) }),
    )
    this.reportIdentity = identityReport({ named: pattern, stamp: () => this.stamp(), emit: setup.emit })
  }

  /** Resolves when the signal has aborted and no cluster is followed any more. */
  async follow(signal: AbortSignal): Promise<void> {
    const { pattern, setup } = this
    const { clock, refreshes } = setup
    const sleep = interruptibleSleep(clock)
    const refreshing = refreshes.subscribe(sleep.interrupt)
    signal.addEventListener('abort', sleep.interrupt)
    await repeatedLookup(
      {
        ...setup,
        calls: this.calls,
        key: pattern,
        wait: sleep.wait,
        stamp: () => this.stamp(),
        lookUp: async () => {
          await this.look(signal)
          return 'again'
        },
      },
      signal,
    )
    signal.removeEventListener('abort', sleep.interrupt)
    refreshing.unsubscribe()
    for (const { stop } of this.followed.values()) stop.abort()
    await Promise.all([...this.followed.values()].map(({ ended }) => ended))
  }

  private async look(signal: AbortSignal): Promise<void> {
    const found = await this.directory.matching(this.pattern, { region: '', account: '' }, signal)
    const there = new Set(found)
    const gone = [...this.followed.keys()].filter((cluster) => !there.has(cluster))
    // A deleted cluster gets a last, empty snapshot, so that its tasks are known to be gone before it is dropped.
    for (const cluster of gone) await this.end(cluster, signal)
    this.reportIdentity(found)
    for (const cluster of found) if (!this.followed.has(cluster)) this.begin(cluster)
  }

  private begin(cluster: ClusterArn): void {
    const stop = new AbortController()
    setMaxListeners(0, stop.signal)
    const follower = new ClusterFollower(cluster, this.setup)
    this.followed.set(cluster, { follower, stop, ended: follower.follow(stop.signal) })
  }

  private async end(cluster: ClusterArn, signal: AbortSignal): Promise<void> {
    const followed = this.followed.get(cluster)
    if (followed === undefined) return
    await followed.follower.take(signal)
    followed.stop.abort()
    await followed.ended
    this.followed.delete(cluster)
  }

  private stamp(): number {
    return this.stamps.next(this.setup.clock.now())
  }
}
