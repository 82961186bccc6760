import type { Observable } from 'rxjs'
import type { ClusterArn } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Delivery, Notice } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import { awsTime, skewNews } from '../../../shared/aws/aws-time.js'
import { bell } from '../../../shared/async/interruptible-sleep.js'
import { clusterDirectory, type ClusterFinding, notFound } from './cluster-directory.js'
import { clusterSnapshot, type ListedTasks, type Snapshot } from './cluster-snapshot.js'
import { CallFailed, ecsCall, type EcsEnvironment, refusalsUntilFinal } from './ecs-calls.js'
import { isObject } from '../../../shared/codec/lenient.js'
import type { RefreshRequest } from './refresh-request.js'

export interface FollowerSetup extends EcsEnvironment {
  /** From the end of one snapshot to the beginning of the next. */
  readonly interval: () => Millis
  /** Each asks for one more snapshot now. */
  readonly refreshes: Observable<RefreshRequest>
  /** The tasks that are listed. Default: all. */
  readonly only?: ListedTasks | undefined
  readonly emit: (output: Delivery | Notice) => void
  /** The order of the newest snapshot that anybody has told us of; 0 for none. */
  readonly newestOrder: (cluster: ClusterArn) => number
}

const noop = (): void => undefined

export const delivery = (...events: readonly ClusterEvent[]): Delivery => ({
  _tag: 'Delivery',
  events,
  ack: noop,
  nack: noop,
})

const isClusterNotFound = (thrown: unknown): boolean =>
  thrown instanceof CallFailed &&
  isObject(thrown.cause) &&
  thrown.cause['name'] === 'ClusterNotFoundException'

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** Takes snapshots of one cluster, given by name or ARN, until it is told to stop. */
export class ClusterFollower {
  private readonly stamps = new Stamps()
  private readonly isNews = skewNews()
  private readonly directory
  private readonly snapshot
  private readonly time
  private known: ClusterArn | undefined
  private identified = false
  private refusals = 0
  /** Told of the next snapshot that begins and succeeds. */
  private waiting: ((cluster: ClusterArn, order: number) => void)[] = []
  /** Of the latest snapshot, and of the one before. */
  private warning: string | undefined
  private warned: string | undefined
  private readonly ring

  constructor(
    private readonly named: string,
    private readonly setup: FollowerSetup,
  ) {
    const { clock, only } = setup
    const ask = ecsCall(setup)
    this.time = awsTime(clock)
    this.directory = clusterDirectory(ask)
    this.snapshot = clusterSnapshot({
      ask,
      time: this.time,
      clock,
      only,
      warn: (message) => (this.warning = message),
    })
    this.ring = bell(clock)
  }

  /** Resolves when the signal has aborted, or after the last snapshot that `end` asked for. */
  async follow(signal: AbortSignal): Promise<void> {
    const { random, interval, refreshes } = this.setup
    const refreshing = refreshes.subscribe((request) => {
      this.waiting.push(request.join())
      this.ring.ring()
    })
    signal.addEventListener('abort', this.ring.ring)
    for (let failures = 0; !signal.aborted;) {
      let pause = interval()
      try {
        await this.take(signal)
        failures = 0
        this.refusals = 0
      } catch (thrown) {
        // Read in a function: the type checker believes that it is still not aborted.
        if (isAborted(signal)) break
        pause = this.isFinal(thrown) ? pause : backoff(failures++, random, { base: 1_000, cap: 60_000 })
        this.fail(errorOf(thrown), pause)
      }
      await this.ring.wait(pause)
    }
    signal.removeEventListener('abort', this.ring.ring)
    refreshing.unsubscribe()
  }

  /** Emits one snapshot of the cluster as it is, or rejects. */
  async take(signal: AbortSignal): Promise<void> {
    // Those who ask from here on wait for the next one.
    const served = this.waiting.splice(0)
    try {
      const { cluster, order } = await this.takeOne(signal)
      for (const serve of served) serve(cluster, order)
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
    this.warning = undefined
    try {
      snapshot = await this.snapshot(cluster, orderOf, signal)
    } catch (thrown) {
      if (!isClusterNotFound(thrown) || !(await this.isGone(signal))) throw thrown
      // ECS deletes only clusters without tasks: that it is deleted is a whole answer.
      const at = Math.min(this.time.told, this.setup.clock.now())
      snapshot = { _tag: 'TasksListed', cluster, at, order: orderOf(at), tasks: [] } as const
    }
    emit(delivery(snapshot))
    this.warn()
    const { aheadMs } = this.time
    if (aheadMs !== undefined && this.isNews(aheadMs)) emit({ _tag: 'ClockSkew', aheadMs })
    return snapshot
  }

  /** Once, for as long as it lasts. */
  private warn(): void {
    const { warning, warned } = this
    this.warned = warning
    if (warning !== undefined && warning !== warned) this.setup.emit({ _tag: 'Warning', message: warning })
  }

  /** Asked once: a name stays with its ARN. */
  private async find(signal: AbortSignal): Promise<ClusterArn> {
    if (this.known !== undefined) return this.known
    const { named } = this
    const finding = await this.directory.find(named, signal).catch((thrown: unknown): ClusterFinding => {
      // An ARN can be listed without the permission to describe it.
      if (named.startsWith('arn:') && thrown instanceof CallFailed && thrown.isRefusal)
        return { _tag: 'Found', cluster: named, gone: false }
      throw thrown
    })
    if (finding.cluster !== undefined) this.identify(finding.cluster)
    if (finding._tag === 'Missing') throw notFound(named, finding.reason)
    this.known = finding.cluster
    return finding.cluster
  }

  /** Told once. Also of a cluster that is still to be created: until then, others of its name are not ours. */
  private identify(cluster: ClusterArn): void {
    const { named } = this
    if (this.identified || named.startsWith('arn:')) return
    this.identified = true
    const order = this.stamps.next(this.setup.clock.now())
    this.setup.emit(delivery({ _tag: 'ClusterIdentified', named, clusters: [cluster], order }))
  }

  private async isGone(signal: AbortSignal): Promise<boolean> {
    const finding = await this.directory.find(this.known ?? this.named, signal)
    return finding._tag === 'Missing' || finding.gone
  }

  private isFinal(thrown: unknown): boolean {
    if (!(thrown instanceof CallFailed) || !thrown.isRefusal) {
      this.refusals = 0
      return false
    }
    return ++this.refusals >= refusalsUntilFinal
  }

  private fail(error: Error, retryIn: Millis): void {
    const { emit, clock } = this.setup
    emit({ _tag: 'SourceFailed', operation: `snapshot of ${this.named}`, error, retryIn })
    if (this.refusals !== refusalsUntilFinal) return
    const at = this.stamps.next(clock.now())
    emit(delivery({ _tag: 'LookupRefused', key: this.named, reason: error.message, at }))
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
