import type { DeploymentStage } from '../../src/testing/ecs-model/deployment-phases.js'
import type { Random } from '../prng.js'
import type { ClusterClock } from './cluster-clock.js'
import type { DeploymentController } from './deployment-controller.js'
import type { BalancedService } from './service-balance.js'
import type { ServiceScheduler } from './service-scheduler.js'

/** What goes on in a cluster. */
export interface ClusterParts {
  readonly services: ReadonlyMap<string, BalancedService>
  readonly scheduler: ServiceScheduler
  readonly deployments: DeploymentController
  readonly clock: ClusterClock
  readonly random: Random
}

/** The share of steps that cause a new incident. In the others, a task continues its transition. */
const INCIDENTS = 0.05

/** The share of steps in which a deployment continues, if one can. */
const DEPLOYMENTS = 0.2

/** Continues what the operations on a cluster have started, one transition at a time. */
export class ClusterProgress {
  constructor(private readonly parts: ClusterParts) {}

  /** See `SimulatedCluster.advance`. */
  advance(service: BalancedService): boolean {
    const next = this.parts.deployments.next(service)
    if (next === undefined) return false
    next()
    this.parts.scheduler.balance(service)
    return true
  }

  /** See `SimulatedCluster.reach`. */
  reach(service: BalancedService, stage: DeploymentStage): void {
    const { scheduler, clock } = this.parts
    const { current, name } = service
    do {
      while (!this.advance(service)) {
        if (scheduler.moving > 0) this.settleTasks()
        else if (!current.isInProgress || current.isPaused)
          throw new Error(`the deployment of ${name} (${current.status}) does not come to ${stage}`)
        else clock.elapse(60_000)
      }
    } while (current.stage !== stage)
  }

  /** Continues the transition of a random task or deployment, or causes an incident. */
  step(incident: () => void): void {
    const { scheduler, clock, random } = this.parts
    clock.tick()
    const ready = this.#ready()
    if (ready.length > 0 && random.chance(DEPLOYMENTS)) {
      this.advance(random.pick(ready))
      return
    }
    // No incidents while most tasks are in transition: otherwise large deployments would accumulate without limit.
    const calm = scheduler.moving <= scheduler.serving
    if (scheduler.moving === 0 || (calm && random.chance(INCIDENTS))) incident()
    else scheduler.advanceOne()
  }

  /** See `SimulatedCluster.settle`. */
  settle(): void {
    this.settleTasks()
    for (let [service] = this.#ready(); service !== undefined; [service] = this.#ready()) {
      this.parts.clock.tick()
      this.advance(service)
      this.settleTasks()
    }
  }

  /** See `SimulatedCluster.settleTasks`. */
  settleTasks(): void {
    const { scheduler, clock } = this.parts
    while (scheduler.moving > 0) {
      clock.tick()
      scheduler.advanceOne()
    }
  }

  /** Services whose deployments can do something now. */
  #ready(): readonly BalancedService[] {
    const { services, deployments } = this.parts
    return [...services.values()].filter((service) => deployments.next(service) !== undefined)
  }
}
