import { DeploymentPauses, type PauseHook } from './deployment-pauses.js'
import { type DeploymentStage, type Phase, phasesOf } from '../../src/testing/ecs-model/deployment-phases.js'
import type { Random } from '../prng.js'
import { type HookAction, type ServiceSpec, stagedDeployments } from './service-spec.js'
import type { SimulatedRevision, WeightedRevision } from './simulated-revision.js'

/** Source: Amazon ECS API reference, ServiceDeployment. */
export const deploymentStatuses = [
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'STOPPED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
  'SUCCESSFUL',
] as const

/** A rollback never fails here. */
export type DeploymentStatus = Exclude<(typeof deploymentStatuses)[number], 'ROLLBACK_FAILED'>

/** What a deployment says of itself, in events. */
export type DeploymentNews =
  | { readonly _tag: 'Completed'; readonly revision: SimulatedRevision }
  | { readonly _tag: 'Failed'; readonly reason: string }
  | { readonly _tag: 'Paused'; readonly hook: PauseHook }

/** What a deployment may wait for. */
export interface DeploymentSituation {
  /** Epoch milliseconds. */
  readonly now: number
  readonly desiredCount: number
  /** How many tasks of the revision are routable. */
  readonly serving: (revision: SimulatedRevision) => number
  /** How many tasks of the revision have not stopped. */
  readonly remaining: (revision: SimulatedRevision) => number
}

export interface SimulatedDeploymentOptions {
  readonly arn: string
  /** Numbers the deployments of a service. */
  readonly ordinal: number
  readonly spec: ServiceSpec
  /** What the service runs when the deployment starts. */
  readonly sources: readonly WeightedRevision[]
  readonly target: SimulatedRevision
  readonly now: number
  readonly random: Random
  readonly tell: (news: DeploymentNews) => void
}

const MINUTE = 60_000

/**
 * One deployment of a service. By rolling, the scheduler says when it has ended. In stages, it goes through its phases
 * as `next` allows: the tasks of the new revision must serve, bake times pass, and pauses end. What it wants to run is
 * up to `wants`, and what share of the traffic a revision has up to `weights`.
 */
export class SimulatedDeployment {
  readonly arn: string
  readonly ordinal: number
  readonly spec: ServiceSpec
  readonly sources: readonly WeightedRevision[]
  readonly target: SimulatedRevision
  /** Epoch milliseconds, as all times. */
  readonly createdAt: number
  status: DeploymentStatus
  statusReason: string | undefined
  updatedAt: number
  startedAt: number | undefined
  finishedAt: number | undefined
  stoppedAt: number | undefined
  rollback: { readonly reason: string; readonly startedAt: number } | undefined
  readonly #phases: readonly Phase[]
  readonly #pauses: DeploymentPauses
  readonly #tell: (news: DeploymentNews) => void
  #position = -1
  #enteredAt: number
  /** Of a rollback: the traffic is back at the sources, and the target may stop. */
  #returned = false
  #cleansUp = false

  constructor({ arn, ordinal, spec, sources, target, now, random, tell }: SimulatedDeploymentOptions) {
    const staged = stagedDeployments(spec)
    this.arn = arn
    this.ordinal = ordinal
    this.spec = spec
    this.sources = sources
    this.target = target
    this.createdAt = now
    this.updatedAt = now
    this.#enteredAt = now
    this.#pauses = new DeploymentPauses(spec.pauses ?? [], random)
    this.#tell = tell
    this.#phases = staged === undefined ? [] : phasesOf(staged, sources.length > 1)
    this.status = staged === undefined ? 'IN_PROGRESS' : 'PENDING'
    if (staged === undefined) this.startedAt = now
  }

  /** Whether it goes through stages. */
  get isStaged(): boolean {
    return this.#phases.length > 0
  }

  get isInProgress(): boolean {
    return this.finishedAt === undefined && this.stoppedAt === undefined
  }

  /** The pauses that it has come to, the oldest first. */
  get hooks(): readonly PauseHook[] {
    return this.#pauses.hooks
  }

  /** Whether it waits until somebody continues it, or a pause times out. */
  get isPaused(): boolean {
    return this.#pauses.awaiting.length > 0
  }

  /** `undefined` before the first one, and by rolling. */
  get stage(): DeploymentStage | undefined {
    return this.#cleansUp ? 'CLEAN_UP' : this.#phases[this.#position]?.stage
  }

  get revisions(): readonly SimulatedRevision[] {
    return [this.target, ...this.sources.map(({ revision }) => revision)]
  }

  /** Which part of the service's desired count the revision is to have: all, or nothing. */
  wants(revision: SimulatedRevision): boolean {
    const isTarget = revision === this.target
    switch (this.status) {
      case 'SUCCESSFUL':
        return isTarget
      case 'ROLLBACK_SUCCESSFUL':
        return !isTarget
      case 'ROLLBACK_IN_PROGRESS':
        return !isTarget || (this.#isScaledUp && !this.#cleansUp)
      case 'PENDING':
      case 'IN_PROGRESS':
      case 'STOP_REQUESTED':
      case 'STOPPED':
      case 'ROLLBACK_REQUESTED':
        if (!this.isStaged) return true
        return isTarget ? this.#isScaledUp : this.stage !== 'CLEAN_UP'
    }
  }

  /** The percentages of the target, then of the sources. */
  get weights(): readonly [WeightedRevision, ...WeightedRevision[]] {
    const { production, test } = this.#targetWeights
    return [
      { revision: this.target, production, test },
      ...this.sources.map(({ revision, production: before }) => ({
        revision,
        production: (before * (100 - production)) / 100,
        test: 0,
      })),
    ]
  }

  /** The revision of new tasks once it has ended; the other ones, if any, are on their way out. */
  get primary(): SimulatedRevision {
    return this.status === 'ROLLBACK_SUCCESSFUL' ? this.rollbackRevision : this.target
  }

  /** What the service runs when another deployment takes its place now. */
  get active(): readonly WeightedRevision[] {
    return this.weights.filter(({ revision }) => this.wants(revision))
  }

  /** The next thing that it does, if anything can happen now. */
  next(situation: DeploymentSituation): (() => void) | undefined {
    const { now } = situation
    switch (this.status) {
      case 'PENDING':
        return () => {
          this.startedAt = now
          this.#become('IN_PROGRESS', now)
          this.#enterNext(now)
        }
      case 'IN_PROGRESS':
        return this.isStaged ? this.#onward(situation) : undefined
      case 'STOP_REQUESTED':
        return () => this.stop(now)
      case 'ROLLBACK_REQUESTED':
        return () => this.#become('ROLLBACK_IN_PROGRESS', now)
      case 'ROLLBACK_IN_PROGRESS':
        return this.#backward(situation)
      case 'STOPPED':
      case 'ROLLBACK_SUCCESSFUL':
      case 'SUCCESSFUL':
        return undefined
    }
  }

  /** Ends it with success. */
  complete(now: number): void {
    this.#become('SUCCESSFUL', now)
    this.finishedAt = now
    this.#tell({ _tag: 'Completed', revision: this.target })
  }

  /** Asks to go back to the sources. False if it has ended, or is already going back or stopping. */
  requestRollback(reason: string, now: number): boolean {
    if (this.status !== 'PENDING' && this.status !== 'IN_PROGRESS') return false
    this.rollback = { reason, startedAt: now }
    this.statusReason = reason
    this.#pauses.fail()
    this.#become('ROLLBACK_REQUESTED', now)
    this.#tell({ _tag: 'Failed', reason })
    return true
  }

  /** Asks to stop as it is. False if it has ended, or is already going back or stopping. */
  requestStop(reason: string, now: number): boolean {
    if (this.status !== 'PENDING' && this.status !== 'IN_PROGRESS') return false
    this.statusReason = reason
    this.#become('STOP_REQUESTED', now)
    this.#tell({ _tag: 'Failed', reason })
    return true
  }

  /** Ends it as it is: traffic and tasks stay where they are. */
  stop(now: number): void {
    this.#pauses.fail()
    this.#become('STOPPED', now)
    this.stoppedAt = now
  }

  /** Ends a pause. False if the deployment does not wait in it. */
  act(hookId: string, action: HookAction, now: number): boolean {
    const hook = this.#pauses.awaiting.find(({ id }) => id === hookId)
    if (hook === undefined || this.status !== 'IN_PROGRESS') return false
    if (action === 'ROLLBACK') return this.requestRollback('A pause was ended by a rollback.', now)
    hook.status = 'SUCCEEDED'
    this.updatedAt = now
    return true
  }

  get #isScaledUp(): boolean {
    return this.#position >= this.#phases.findIndex(({ stage }) => stage === 'SCALE_UP')
  }

  get #targetWeights(): Pick<WeightedRevision, 'production' | 'test'> {
    if (this.#returned) return { production: 0, test: 0 }
    const { production = 0, test = 0 } = this.#phases[this.#position] ?? {}
    return { production: this.status === 'SUCCESSFUL' ? 100 : production, test }
  }

  #onward(situation: DeploymentSituation): (() => void) | undefined {
    const { now } = situation
    const { awaiting } = this.#pauses
    const expired = awaiting.find(({ expiresAt }) => expiresAt <= now)
    if (expired !== undefined) return () => this.#expire(expired, now)
    if (awaiting.length > 0 || !this.#isPhaseOver(situation)) return undefined
    return this.#position === this.#phases.length - 1 ? () => this.complete(now) : () => this.#enterNext(now)
  }

  /** The sources serve again before they get the traffic, and get it before the target stops. */
  #backward({ now, desiredCount, serving, remaining }: DeploymentSituation): (() => void) | undefined {
    if (!this.#returned) {
      if (this.sources.some(({ revision }) => serving(revision) < desiredCount)) return undefined
      return () => {
        this.#returned = true
        this.updatedAt = now
      }
    }
    if (!this.#cleansUp)
      return () => {
        this.#cleansUp = true
        this.updatedAt = now
      }
    if (remaining(this.target) > 0) return undefined
    return () => {
      this.#become('ROLLBACK_SUCCESSFUL', now)
      this.finishedAt = now
      this.#tell({ _tag: 'Completed', revision: this.rollbackRevision })
    }
  }

  /** The revision that a rollback goes back to: of several, the one with the most traffic. */
  get rollbackRevision(): SimulatedRevision {
    const [most = { revision: this.target }] = this.sources.toSorted((a, b) => b.production - a.production)
    return most.revision
  }

  #isPhaseOver({ now, desiredCount, serving, remaining }: DeploymentSituation): boolean {
    const { stage } = this
    if (stage === 'SCALE_UP') return serving(this.target) >= desiredCount
    if (stage === 'CLEAN_UP') return this.sources.every(({ revision }) => remaining(revision) === 0)
    return now >= this.#enteredAt + (this.#phases[this.#position]?.minutes ?? 0) * MINUTE
  }

  #enterNext(now: number): void {
    this.#position += 1
    this.#enteredAt = now
    this.updatedAt = now
    const { stage } = this
    if (stage === undefined) return
    for (const hook of this.#pauses.enter(stage, now)) this.#tell({ _tag: 'Paused', hook })
  }

  #expire(hook: PauseHook, now: number): void {
    hook.status = 'TIMED_OUT'
    this.updatedAt = now
    if (hook.timeoutAction === 'ROLLBACK') this.requestRollback('A pause timed out.', now)
  }

  #become(status: DeploymentStatus, now: number): void {
    this.status = status
    this.updatedAt = now
  }
}
