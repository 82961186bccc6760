import type { Rollout } from '../core/deployment.js'
import { definitionArn, serviceDeploymentArn, serviceRevisionArn } from './ecs-model/place.js'
import { containerPortOf } from './modelled-definition.js'
import {
  type Gap,
  ModelledDeployment,
  type ModelledRevision,
  settled,
  type WeightedRevision,
} from './modelled-deployment.js'
import type { StagedDeployments } from './ecs-model/deployment-phases.js'
import type { ModelledService } from './modelled-service.js'

/** The strategies of a service that deploys in stages; each of its deployments has one of them. */
const strategies: readonly StagedDeployments[] = [
  { strategy: 'CANARY', stepPercent: 5, stepBakeMinutes: 10, bakeMinutes: 5 },
  { strategy: 'BLUE_GREEN', stepPercent: 100, stepBakeMinutes: 0, bakeMinutes: 5 },
  { strategy: 'LINEAR', stepPercent: 40, stepBakeMinutes: 6, bakeMinutes: 5 },
]

/** Of the deployment number `n`: nineteen digits. */
const deploymentId = (n: number): string => String(1_000_000_000_000_000_000n + BigInt(n))

/** The revisions of one service, and its deployments. */
export class ModelledRevisions {
  /** The number of its newest task definition; 0 before the first. */
  definition = 0
  #deployed = 0
  #running: readonly WeightedRevision[]
  #deployment: ModelledDeployment | undefined

  constructor(private readonly service: ModelledService) {
    this.definition = 1
    this.#running = [{ revision: this.#revise(), production: 100 }]
  }

  /** The deployment in stages that is in progress. */
  get deployment(): ModelledDeployment | undefined {
    return this.#deployment?.isInProgress === true ? this.#deployment : undefined
  }

  /** The revisions that are to have tasks, the newest last. */
  get running(): readonly WeightedRevision[] {
    return this.#deployment?.running ?? this.#running
  }

  /** Begins the next deployment, of the newest definition. By rolling, there is only its revision from then on. */
  deploy(pick: number): ModelledRevision {
    const { place, name, stages } = this.service
    const sources = this.running
    this.#deployment?.stop()
    const target = this.#revise()
    const deployments = strategies[pick % strategies.length]
    if (!stages || deployments === undefined) this.#running = [{ revision: target, production: 100 }]
    else {
      const arn = serviceDeploymentArn(place, name, deploymentId(this.#deployed))
      this.#deployment = new ModelledDeployment({ arn, deployments, sources, target })
    }
    return target
  }

  /** How a source describes the service. */
  rollout(gap?: Gap): Rollout {
    if (!this.service.stages) return { _tag: 'AtOnce', reason: 'it deploys by rolling' }
    return this.#deployment?.rollout(gap) ?? settled(this.#running)
  }

  #revise(): ModelledRevision {
    const { place, name } = this.service
    const id = deploymentId(++this.#deployed)
    return {
      arn: serviceRevisionArn(place, name, id),
      startedBy: `ecs-svc/${id}`,
      definition: definitionArn(place, name, this.definition),
      containerPort: containerPortOf(this.definition),
    }
  }
}
