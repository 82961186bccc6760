import { type ClusterArn, isClusterPattern } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Delivery, Notice } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import { clusterDirectory, notFound } from './cluster-directory.js'
import { delivery } from './cluster-follower.js'
import { CallFailed, ecsCall, type EcsEnvironment, refusalsUntilFinal } from './ecs-calls.js'

export interface IdentifierSetup extends EcsEnvironment {
  /** Time from the end of one lookup to the beginning of the next. */
  readonly interval: () => Millis
  readonly emit: (output: Delivery | Notice) => void
}

/** Finds the clusters that a name or a pattern stands for. */
export class ClusterIdentifier {
  private readonly stamps = new Stamps()
  private readonly directory
  private lastReported: string | undefined
  private refusals = 0

  constructor(
    private readonly named: string,
    private readonly setup: IdentifierSetup,
  ) {
    this.directory = clusterDirectory(ecsCall(setup))
  }

  /** Resolves when the signal has aborted; for a name, as soon as it is known, because a name keeps its ARN. */
  async follow(signal: AbortSignal): Promise<void> {
    const { named, setup } = this
    for (let failures = 0; !signal.aborted;) {
      let pause = setup.interval()
      try {
        this.tell(await this.find(signal))
        if (!isClusterPattern(named)) return
        failures = 0
        this.refusals = 0
      } catch (thrown) {
        // Checked in a function, because the type checker assumes that `aborted` is still false.
        if (isAborted(signal)) return
        if (!this.isFinal(thrown)) pause = backoff(failures++, setup.random, { base: 1_000, cap: 60_000 })
        this.fail(thrown instanceof Error ? thrown : new Error(String(thrown)), pause)
      }
      await setup.clock.sleep(pause, signal)
    }
  }

  private async find(signal: AbortSignal): Promise<readonly ClusterArn[]> {
    const { named, directory } = this
    if (isClusterPattern(named)) return directory.matching(named, { region: '', account: '' }, signal)
    const finding = await directory.find(named, signal)
    if (finding._tag === 'Missing') {
      const missing = notFound(named, finding.reason)
      if (finding.cluster === undefined) throw missing
      // The cluster may be created later; its ARN is already known.
      this.setup.emit({ _tag: 'Warning', message: missing.message })
      return [finding.cluster]
    }
    return [finding.cluster]
  }

  private tell(clusters: readonly ClusterArn[]): void {
    const text = clusters.join(' ')
    if (text === this.lastReported) return
    this.lastReported = text
    this.emitEvent({ _tag: 'ClusterIdentified', named: this.named, clusters, order: this.stamp() })
  }

  private isFinal(thrown: unknown): boolean {
    this.refusals = thrown instanceof CallFailed && thrown.isRefusal ? this.refusals + 1 : 0
    return this.refusals >= refusalsUntilFinal
  }

  private fail(error: Error, retryIn: Millis): void {
    const { named } = this
    this.setup.emit({ _tag: 'SourceFailed', operation: `identity of ${named}`, error, retryIn })
    if (this.refusals === refusalsUntilFinal)
      this.emitEvent({ _tag: 'LookupRefused', key: named, reason: error.message, at: this.stamp() })
  }

  private emitEvent(event: ClusterEvent): void {
    this.setup.emit(delivery(event))
  }

  private stamp(): number {
    return this.stamps.next(this.setup.clock.now())
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
