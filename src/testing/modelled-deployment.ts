import type { DefinitionArn } from '../core/arn.js'
import type { RevisionTraffic, Rollout } from '../core/deployment.js'
import { phasesOf, type Phase, type StagedDeployments } from './ecs-model/deployment-phases.js'

/** One revision of a service. */
export interface ModelledRevision {
  readonly arn: string
  /** Of its tasks, and of no others. */
  readonly startedBy: string
  readonly definition: DefinitionArn
  readonly containerPort: number
}

/** A revision with its percentage of the production traffic. */
export interface WeightedRevision {
  readonly revision: ModelledRevision
  readonly production: number
}

export interface ModelledDeploymentOptions {
  readonly arn: string
  readonly deployments: StagedDeployments
  /** What the service runs when it begins. */
  readonly sources: readonly WeightedRevision[]
  readonly target: ModelledRevision
}

/** What is missing in a description, as it may be: a revision that cannot be described, or a deployment without id. */
export type Gap = 'source definition' | 'target startedBy'

/** The stages of one deployment. When it goes on is up to its world. */
export class ModelledDeployment {
  readonly #arn: string
  readonly #strategy: string
  readonly #sources: readonly WeightedRevision[]
  readonly #target: ModelledRevision
  readonly #phases: readonly Phase[]
  #position = 0
  #status = 'IN_PROGRESS'
  /** Of a rollback: the traffic is back at the sources. */
  #returned = false

  constructor({ arn, deployments, sources, target }: ModelledDeploymentOptions) {
    this.#arn = arn
    this.#strategy = deployments.strategy
    this.#sources = sources
    this.#target = target
    this.#phases = phasesOf(deployments, sources.length > 1)
  }

  get isInProgress(): boolean {
    return this.#status === 'IN_PROGRESS' || this.#status === 'ROLLBACK_IN_PROGRESS'
  }

  /** The revisions that are to have tasks, with their traffic. */
  get running(): readonly WeightedRevision[] {
    const production = this.#returned ? 0 : (this.#phases[this.#position]?.production ?? 0)
    const target = { revision: this.#target, production }
    const sources = this.#sources.map(({ revision, production: before }) => ({
      revision,
      production: (before * (100 - production)) / 100,
    }))
    if (this.#status === 'SUCCESSFUL') return [{ revision: this.#target, production: 100 }]
    if (this.#returned || !this.#isScaledUp) return sources
    return this.#stage === 'CLEAN_UP' && this.#status !== 'ROLLBACK_IN_PROGRESS'
      ? [target]
      : [...sources, target]
  }

  /** Goes on by one stage. A rollback has two: the traffic goes back, and the target stops. */
  next(): void {
    if (this.#status === 'ROLLBACK_IN_PROGRESS') {
      if (this.#returned) this.#status = 'ROLLBACK_SUCCESSFUL'
      this.#returned = true
    } else if (this.#status === 'IN_PROGRESS') {
      if (this.#position === this.#phases.length - 1) this.#status = 'SUCCESSFUL'
      else this.#position += 1
    }
  }

  rollBack(): void {
    if (this.#status === 'IN_PROGRESS') this.#status = 'ROLLBACK_IN_PROGRESS'
  }

  /** Ends as it is. */
  stop(): void {
    if (this.isInProgress) this.#status = 'STOPPED'
  }

  /** How a source describes it. */
  rollout(gap?: Gap): Rollout {
    if (this.#status === 'SUCCESSFUL' || this.#status === 'ROLLBACK_SUCCESSFUL') return settled(this.running)
    const { production = 0, test = 0 } = this.#returned ? {} : (this.#phases[this.#position] ?? {})
    const traffic = (
      { arn, definition, startedBy }: ModelledRevision,
      weights: Pick<RevisionTraffic, 'production' | 'test'>,
      missing: { readonly definition: boolean; readonly startedBy: boolean },
    ): RevisionTraffic => ({
      revision: arn,
      definition: missing.definition ? undefined : definition,
      startedBy: missing.startedBy ? [] : [startedBy],
      ...weights,
    })
    return {
      _tag: 'Shifting',
      deployment: this.#arn,
      strategy: this.#strategy,
      status: this.#status,
      stage: this.#stage,
      source: this.#sources.map(({ revision, production: before }) =>
        traffic(
          revision,
          { production: (before * (100 - production)) / 100, test: 0 },
          { definition: gap === 'source definition', startedBy: false },
        ),
      ),
      target: traffic(
        this.#target,
        { production, test },
        { definition: false, startedBy: gap === 'target startedBy' },
      ),
      paused: undefined,
    }
  }

  get #stage(): string {
    return this.#phases[this.#position]?.stage ?? 'PENDING'
  }

  get #isScaledUp(): boolean {
    return this.#position >= this.#phases.findIndex(({ stage }) => stage === 'SCALE_UP')
  }
}

/** No deployment is in progress. */
export const settled = (running: readonly WeightedRevision[]): Rollout => ({
  _tag: 'Settled',
  startedBy: running.map(({ revision }) => revision.startedBy).sort(),
})
