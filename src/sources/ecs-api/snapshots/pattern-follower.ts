import { setMaxListeners } from 'node:events'
import type { ClusterArn } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Millis } from '../../../core/clock.js'
import { Stamps } from '../../../core/stamps.js'
import { interruptibleSleep } from '../../../shared/async/interruptible-sleep.js'
import { clusterDirectory } from './cluster-directory.js'
import { ClusterFollower, delivery, type FollowerSetup } from './cluster-follower.js'
import { CallFailed, ecsCall, refusalsUntilFinal } from './ecs-calls.js'

interface Followed {
  readonly follower: ClusterFollower
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** Follows all clusters whose names match a pattern, including those that appear later. */
export class PatternFollower {
  private readonly stamps = new Stamps()
  private readonly directory
  private readonly followed = new Map<ClusterArn, Followed>()
  private lastReported: string | undefined
  private refusals = 0

  constructor(
    private readonly pattern: string,
    private readonly setup: FollowerSetup,
  ) {
    this.directory = clusterDirectory(ecsCall(setup))
  }

  /** Resolves when the signal has aborted and no cluster is followed any more. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, random, interval, refreshes } = this.setup
    const sleep = interruptibleSleep(clock)
    const refreshing = refreshes.subscribe(sleep.interrupt)
    signal.addEventListener('abort', sleep.interrupt)
    for (let failures = 0; !signal.aborted;) {
      let pause = interval()
      try {
        await this.look(signal)
        failures = 0
        this.refusals = 0
      } catch (thrown) {
        if (isAborted(signal)) break
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        const isRefusal = thrown instanceof CallFailed && thrown.isRefusal
        this.refusals = isRefusal ? this.refusals + 1 : 0
        if (this.refusals < refusalsUntilFinal)
          pause = backoff(failures++, random, { base: 1_000, cap: 60_000 })
        this.fail(error, pause)
      }
      await sleep.wait(pause)
    }
    signal.removeEventListener('abort', sleep.interrupt)
    refreshing.unsubscribe()
    for (const { stop } of this.followed.values()) stop.abort()
    await Promise.all([...this.followed.values()].map(({ ended }) => ended))
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { pattern, setup } = this
    const found = await this.directory.matching(pattern, { region: '', account: '' }, signal)
    const there = new Set(found)
    const gone = [...this.followed.keys()].filter((cluster) => !there.has(cluster))
    // A deleted cluster gets a last, empty snapshot, so that its tasks are known to be gone before it is dropped.
    for (const cluster of gone) await this.end(cluster, signal)
    const text = found.join(' ')
    if (text !== this.lastReported) {
      this.lastReported = text
      setup.emit(
        delivery({
          _tag: 'ClusterIdentified',
          named: pattern,
          clusters: found,
          order: this.stamps.next(setup.clock.now()),
        }),
      )
    }
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

  private fail(error: Error, retryIn: Millis): void {
    const { emit, clock } = this.setup
    emit({ _tag: 'SourceFailed', operation: `clusters ${this.pattern}`, error, retryIn })
    if (this.refusals !== refusalsUntilFinal) return
    emit(
      delivery({
        _tag: 'LookupRefused',
        key: this.pattern,
        reason: error.message,
        at: this.stamps.next(clock.now()),
      }),
    )
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
