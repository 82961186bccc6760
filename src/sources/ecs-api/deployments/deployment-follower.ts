import { backoff } from '../../../core/backoff.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { Rollout, ServiceArn } from '../../../core/deployment.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Notice } from '../../../core/source.js'
import { isTransient } from '../../../shared/aws/aws-failure.js'
import { CallFailed } from '../snapshots/ecs-calls.js'
import { interruptibleSleep } from '../../../shared/async/interruptible-sleep.js'
import { DeploymentQuestions, type DeploymentQuestionsSetup, type Round } from './deployment-questions.js'
import { isActive } from './described-rollout.js'

export interface DeploymentFollowerSetup extends DeploymentQuestionsSetup {
  /** The pause between two questions about deployments in progress. */
  readonly pollMs: Millis
  readonly tell: (events: readonly ClusterEvent[]) => void
  readonly notice: (notice: Notice) => void
  /** A number that orders answers. */
  readonly stamp: () => number
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/** After so many failures in a row, a service of which nothing is known is no longer held back. */
const patience = 6

/** After so many refusals in a row, the permission is missing. New permissions take a while to spread. */
const refusals = 3

/** How long a refused question rests: its cause may have been fixed. */
const rareMs: Millis = 900_000

const retries = { base: 500, cap: 10_000 }

const advice =
  'allow ecs:DescribeServices, ecs:DescribeServiceDeployments, ecs:ListServiceDeployments and ecs:DescribeServiceRevisions, or do not follow deployments. Until then, tasks get traffic as soon as they run'

/**
 * Asks ECS about the services of one cluster: once about each that is wanted, and every few seconds about deployments in
 * progress. One round at a time; what is wanted in the meantime shares the next one. Clusters do not wait for each other,
 * and a missing permission concerns its own cluster only.
 */
export class DeploymentFollower {
  private readonly wanted = new Set<ServiceArn>()
  private readonly shifting = new Set<ServiceArn>()
  private readonly questions: DeploymentQuestions
  private readonly pause
  private running: Promise<void> | undefined
  private failures = 0
  private refused = 0
  /** Whether the permission is missing, as far as known. */
  private denied = false
  /** Whether that was said, since ECS last answered. */
  private warned = false
  private rests = false

  constructor(private readonly setup: DeploymentFollowerSetup) {
    this.pause = interruptibleSleep(setup.clock)
    this.questions = new DeploymentQuestions(setup)
  }

  /** Asks about a service. */
  want(service: ServiceArn): void {
    if (this.denied) {
      this.giveUp([service])
      return
    }
    this.wanted.add(service)
    this.wake()
  }

  /** Asks about the deployment of a service again and again, until it ends. */
  poll(service: ServiceArn): void {
    if (this.shifting.has(service)) return
    this.shifting.add(service)
    this.wake()
  }

  /** A service without tasks, or without a deployment in progress. */
  leave(service: ServiceArn): void {
    this.wanted.delete(service)
    this.shifting.delete(service)
  }

  /** Asks about deployments in progress at once: one of them has changed. */
  hurry(): void {
    if (this.shifting.size > 0) this.pause.interrupt()
  }

  /** Resolves when no call is in progress. */
  async idle(): Promise<void> {
    await this.running
  }

  private wake(): void {
    // A failed round rests before the next one, whatever is wanted meanwhile.
    if (!this.rests) this.pause.interrupt()
    this.running ??= this.run().finally(() => {
      this.running = undefined
      // Something may have become wanted after the last round.
      if (!this.setup.signal.aborted && this.wanted.size + this.shifting.size > 0) this.wake()
    })
  }

  private async run(): Promise<void> {
    const { clock, signal, pollMs, random } = this.setup
    // Deferred, so that services that are wanted together share a call.
    await Promise.resolve()
    const isOver = (): boolean => signal.aborted
    while (!isOver() && this.wanted.size + this.shifting.size > 0) {
      const outcome = await this.round()
      if (isOver()) return
      if (outcome === 'answered') {
        if (this.wanted.size > 0) continue
        if (this.shifting.size > 0) await this.wait(pollMs)
      } else {
        this.rests = true
        await clock.sleep(outcome === 'refused' ? rareMs : backoff(this.failures, random, retries), signal)
        this.rests = false
        this.denied = false
      }
    }
  }

  private wait(ms: Millis): Promise<void> {
    const { signal } = this.setup
    const stop = (): void => this.pause.interrupt()
    signal.addEventListener('abort', stop, { once: true })
    return this.pause.wait(ms).finally(() => signal.removeEventListener('abort', stop))
  }

  private takeRound(): Round {
    const { state } = this.setup
    const services = [...this.wanted]
    const deployments = new Map<ServiceArn, string>()
    for (const service of this.shifting) {
      const rollout = state().deployments.get(service)?.described?.rollout
      if (rollout?._tag === 'Shifting') deployments.set(service, rollout.deployment)
    }
    return { services, deployments }
  }

  private async round(): Promise<'answered' | 'failed' | 'refused'> {
    const round = this.takeRound()
    for (const service of [...round.services, ...round.deployments.keys()])
      this.setup.serviceOf(service)?.asks(this.setup.state().deployments.get(service))
    try {
      const rollouts = await this.questions.ask(round)
      this.failures = 0
      this.refused = 0
      this.denied = false
      this.warned = false
      for (const service of round.services) this.wanted.delete(service)
      this.answer(rollouts)
      return 'answered'
    } catch (thrown) {
      return this.setup.signal.aborted ? 'failed' : this.failed(thrown, round)
    }
  }

  private failed(thrown: unknown, { services, deployments }: Round): 'failed' | 'refused' {
    const { notice } = this.setup
    const operation = thrown instanceof CallFailed ? thrown.operation : 'DescribeServiceDeployments'
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    if (isTransient(error.cause ?? thrown)) {
      this.failures++
      notice({ _tag: 'SourceFailed', operation, error, retryIn: undefined })
      if (this.failures >= patience) this.giveUp(services.filter((service) => this.isUnknown(service)))
      return 'failed'
    }
    this.failures++
    if (++this.refused < refusals) {
      this.giveUp(services.filter((service) => this.isUnknown(service)))
      return 'failed'
    }
    this.denied = true
    if (!this.warned)
      notice({
        _tag: 'Warning',
        message: `ECS refuses to describe the deployments of services, so they are not followed: ${advice} (${error.message})`,
      })
    this.warned = true
    for (const service of services) this.wanted.delete(service)
    this.giveUp([...services, ...deployments.keys()])
    return 'refused'
  }

  /** Whether nothing tells that the service deploys in stages. */
  private isUnknown(service: ServiceArn): boolean {
    return this.setup.serviceOf(service)?.isProvisional === true
  }

  private giveUp(services: readonly ServiceArn[]): void {
    const rollout: Rollout = { _tag: 'AtOnce', reason: 'ECS does not say how the service deploys' }
    this.answer(new Map(services.map((service) => [service, rollout])))
  }

  private answer(rollouts: ReadonlyMap<ServiceArn, Rollout>): void {
    const { state, serviceOf, tell, stamp } = this.setup
    const events: ClusterEvent[] = []
    for (const [service, rollout] of rollouts) {
      const before = state().deployments.get(service)?.described?.rollout
      serviceOf(service)?.answered(rollout, before)
      if (rollout._tag !== 'Shifting' || !isActive(rollout.status)) this.shifting.delete(service)
      if (JSON.stringify(rollout) !== JSON.stringify(before))
        events.push({ _tag: 'DeploymentDescribed', service, rollout, at: stamp() })
    }
    if (events.length > 0) tell(events)
  }
}
