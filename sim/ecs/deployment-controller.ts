import { deploymentEvent, type DeploymentFacts } from '../../src/testing/ecs-model/deployment-event.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { type Place, serviceDeploymentArn, serviceRevisionArn } from '../../src/testing/ecs-model/place.js'
import type { Random } from '../prng.js'
import { pauseEvent, serviceActionEvent } from './cluster-events.js'
import { deploymentId, originId, revisionId } from './ecs-ids.js'
import type { BalancedService } from './service-balance.js'
import type { ServiceScheduler } from './service-scheduler.js'
import type { HookAction, ServiceSpec } from './service-spec.js'
import type { SimulatedDefinition } from './simulated-definition.js'
import { type DeploymentNews, SimulatedDeployment } from './simulated-deployment.js'
import type { SimulatedRevision, WeightedRevision } from './simulated-revision.js'

/** The cluster that deployments take place in. */
export interface DeploymentHost {
  readonly place: Place
  readonly services: ReadonlyMap<string, BalancedService>
  readonly scheduler: ServiceScheduler
  /** Of events, and of what tasks are started by. */
  readonly random: Random
  /** Of the ids of deployments, revisions and pauses. */
  readonly ids: Random
  now(): number
  emit(event: EventBridgeEvent): void
}

/** The outcome of `continueDeployment`. */
export type Continued = 'done' | 'no such deployment' | 'not waiting'

/** Starts deployments, and lets those in stages go on. The scheduler of the cluster does the rest: see `wants`. */
export class DeploymentController {
  readonly #forgotten = new Set<string>()

  constructor(private readonly host: DeploymentHost) {}

  /** The deployment that created the service. It has ended, as the simulation begins with services that stand. */
  first(spec: ServiceSpec, definition: SimulatedDefinition): SimulatedDeployment {
    const deployment = this.#deployment(spec, [], this.#revision(spec, definition), 1, () => undefined)
    deployment.complete(this.host.now())
    return deployment
  }

  /** Rolls out the definition. A deployment that is in progress stops as it is. */
  start(service: BalancedService, definition: SimulatedDefinition): void {
    const sources = this.#running(service)
    if (service.current.isInProgress) service.current.stop(this.host.now())
    const target = this.#revision(service.spec, definition)
    const deployment = this.#deployment(
      service.spec,
      sources,
      target,
      service.deployments.length + 1,
      (news) => this.#told(service, deployment, news),
    )
    service.current = deployment
    service.deployments.push(deployment)
    this.#announce(service, target, 'IN_PROGRESS', `ECS deployment ${target.startedBy} in progress.`)
  }

  /** What the deployment of the service can do now, if anything. */
  next(service: BalancedService): (() => void) | undefined {
    return service.current.next({
      now: this.host.now(),
      desiredCount: service.desiredCount,
      serving: (revision) =>
        [...service.wanted].filter((task) => task.revision === revision && task.endpoint !== undefined)
          .length,
      remaining: (revision) => this.#remaining(revision),
    })
  }

  /** Acts on the pause of a deployment. */
  act(arn: string, hook: string, action: HookAction): Continued {
    const deployment = this.#all().find((one) => one.arn === arn)
    if (deployment === undefined) return 'no such deployment'
    return deployment.act(hook, action, this.host.now()) ? 'done' : 'not waiting'
  }

  /** Lets ECS forget a revision, so that it cannot be described any more. */
  forget(revision: string): void {
    this.#forgotten.add(revision)
  }

  /** The revision of that ARN, unless it was forgotten. */
  revision(arn: string): SimulatedRevision | undefined {
    if (this.#forgotten.has(arn)) return undefined
    return this.#all()
      .map(({ target }) => target)
      .find((revision) => revision.arn === arn)
  }

  #all(): readonly SimulatedDeployment[] {
    return [...this.host.services.values()].flatMap(({ deployments }) => deployments)
  }

  /** How many tasks of the revision have not stopped. */
  #remaining(revision: SimulatedRevision): number {
    const tasks = [...this.host.scheduler.tasks().values()]
    return tasks.filter((task) => task.revision === revision && !task.hasStopped).length
  }

  /** Of a deployment that is interrupted, only the revisions that have tasks. */
  #running({ current, wanted }: BalancedService): readonly WeightedRevision[] {
    if (!current.isInProgress) return current.active
    const tasks = [...wanted]
    const running = current.active.filter(({ revision }) => tasks.some((task) => task.revision === revision))
    return running.length > 0 ? running : current.active
  }

  #revision(spec: ServiceSpec, definition: SimulatedDefinition): SimulatedRevision {
    const { place, ids, random } = this.host
    return {
      arn: serviceRevisionArn(place, spec.name, revisionId(ids)),
      definition,
      startedBy: originId(random),
      createdAt: this.host.now(),
    }
  }

  #deployment(
    spec: ServiceSpec,
    sources: readonly WeightedRevision[],
    target: SimulatedRevision,
    ordinal: number,
    tell: (news: DeploymentNews) => void,
  ): SimulatedDeployment {
    const { place, ids } = this.host
    return new SimulatedDeployment({
      arn: serviceDeploymentArn(place, spec.name, deploymentId(ids)),
      ordinal,
      spec,
      sources,
      target,
      now: this.host.now(),
      random: ids,
      tell,
    })
  }

  #told(service: BalancedService, { arn, target }: SimulatedDeployment, news: DeploymentNews): void {
    const { place, random } = this.host
    const now = this.host.now()
    switch (news._tag) {
      case 'Completed': {
        const { revision } = news
        this.#announce(service, revision, 'COMPLETED', `ECS deployment ${revision.startedBy} completed.`)
        this.host.emit(serviceActionEvent(place, service.name, 'SERVICE_STEADY_STATE', now, random))
        return
      }
      case 'Failed':
        this.#announce(service, target, 'FAILED', news.reason)
        return
      case 'Paused':
        this.host.emit(pauseEvent(place, service.name, arn, news.hook, now, random))
        return
    }
  }

  #announce(
    { name: service }: BalancedService,
    { startedBy: deployment }: SimulatedRevision,
    progress: DeploymentFacts['progress'],
    reason: string,
  ): void {
    const { place, random } = this.host
    const at = this.host.now()
    this.host.emit(deploymentEvent({ place, service, deployment, progress, reason, at }, random.uuid()))
  }
}
