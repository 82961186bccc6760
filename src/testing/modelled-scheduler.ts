import type { Millis } from '../core/clock.js'
import type { Rollout } from '../core/deployment.js'
import { chosen } from './chosen.js'
import type { DeploymentFacts } from './ecs-model/deployment-event.js'
import { modelledDefinition } from './modelled-definition.js'
import type { Gap } from './modelled-deployment.js'
import type { ModelledEvents } from './modelled-events.js'
import { ModelledRevisions } from './modelled-revisions.js'
import { type ModelledService, modelledServices } from './modelled-service.js'
import type { ModelledTask } from './modelled-task.js'
import type { ModelledTasks } from './modelled-tasks.js'

/** How an operation happens. */
export interface Occasion {
  readonly pick: number
  readonly stamp: Millis
  readonly odd: boolean
}

/** The service scheduler of ECS: it launches and stops the tasks of services, as their deployments want it. */
export class ModelledScheduler {
  readonly #revisions = new Map(modelledServices.map((service) => [service, new ModelledRevisions(service)]))

  constructor(
    private readonly events: ModelledEvents,
    private readonly tasks: ModelledTasks,
  ) {
    for (const [service, { definition }] of this.#revisions) this.#define(service, definition)
  }

  /** Launches a task of any revision that its service runs. */
  launch({ pick, stamp, odd }: Occasion): void {
    const service = chosen(modelledServices, pick)
    if (service === undefined) return
    const running = this.#of(service).running
    const launched = chosen(running, Math.floor(pick / modelledServices.length))
    if (launched === undefined) return
    this.tasks.launch({ service, revision: launched.revision, pick, stamp, slow: odd })
  }

  /** `changes`: with a new task definition. */
  deploy({ pick, stamp, odd }: Occasion, changes: boolean): void {
    const service = chosen(modelledServices, pick)
    if (service === undefined) return
    const revisions = this.#of(service)
    const [oldest] = this.#tasksOf(service)
    if (changes) this.#define(service, ++revisions.definition)
    const revision = revisions.deploy(Math.floor(pick / modelledServices.length))
    this.#announce(service, 'IN_PROGRESS', stamp)
    if (service.stages) return
    this.tasks.launch({ service, revision, pick, stamp, slow: false })
    if (oldest !== undefined) this.tasks.drain(oldest, stamp, odd)
  }

  /** A deployment goes on. As many tasks of a new revision start as there are, and those of one that ends drain. */
  nextStages({ pick, stamp, odd }: Occasion): void {
    const service = this.#deploying(pick)
    if (service === undefined) return
    const revisions = this.#of(service)
    for (let stages = 1 + (pick % 3); stages > 0 && revisions.deployment !== undefined; stages--) {
      const before = revisions.running
      revisions.deployment.next()
      const running = revisions.running.map(({ revision }) => revision)
      const tasks = this.#tasksOf(service)
      for (const revision of running)
        if (before.every((one) => one.revision !== revision))
          for (let count = Math.max(1, tasks.length); count > 0; count--)
            this.tasks.launch({ service, revision, pick: pick + count, stamp, slow: odd && count === 1 })
      for (const task of tasks) if (!running.includes(task.revision)) this.tasks.drain(task, stamp, odd)
    }
    if (revisions.deployment === undefined) this.#announce(service, 'COMPLETED', stamp)
  }

  rollBack({ pick, stamp }: Occasion): void {
    const service = this.#deploying(pick)
    if (service === undefined) return
    this.#of(service).deployment?.rollBack()
    this.#announce(service, 'FAILED', stamp)
  }

  stopDeployment({ pick, stamp }: Occasion): void {
    const service = this.#deploying(pick)
    if (service === undefined) return
    this.#of(service).deployment?.stop()
    this.#announce(service, 'FAILED', stamp)
  }

  /** How a source describes the service. */
  rollout(service: ModelledService, gap?: Gap): Rollout {
    return this.#of(service).rollout(gap)
  }

  #of(service: ModelledService): ModelledRevisions {
    const revisions = this.#revisions.get(service)
    if (revisions === undefined) throw new Error(`no service ${service.name} in this world`)
    return revisions
  }

  /** A service with a deployment in stages that is in progress. */
  #deploying(pick: number): ModelledService | undefined {
    return chosen(
      modelledServices.filter((service) => this.#of(service).deployment !== undefined),
      pick,
    )
  }

  #tasksOf(service: ModelledService): readonly ModelledTask[] {
    return this.tasks.wanted.filter((task) => task.service === service)
  }

  /** A revision of the service's task definition. */
  #define(service: ModelledService, revision: number): void {
    this.events.emit({ _tag: 'DefinitionDescribed', definition: modelledDefinition(service, revision) })
  }

  #announce(service: ModelledService, progress: DeploymentFacts['progress'], at: Millis): void {
    const { place, name } = service
    const deployment = this.#of(service).running.at(-1)?.revision.startedBy ?? ''
    const reason = `${deployment} is ${progress}`
    this.events.deployment({ place, service: name, deployment, progress, reason, at })
  }
}
