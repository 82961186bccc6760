import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { failedExit, outOfMemory, scalingIn, type StopCause } from '../../src/testing/ecs-model/stop-cause.js'
import type { Random } from '../prng.js'
import { observedTask } from './observed-task.js'
import {
  type BalancedService,
  revisionBalance,
  type ServiceBalance,
  serviceBalance,
} from './service-balance.js'
import type { SimulatedRevision } from './simulated-revision.js'
import type { SimulatedService } from './simulated-service.js'
import { SimulatedTask } from './simulated-task.js'
import { TaskRoster } from './task-roster.js'
import type { TaskSites } from './task-sites.js'

/** The cluster that the scheduler works in. */
export interface SchedulerHost {
  readonly services: ReadonlyMap<string, BalancedService>
  readonly sites: TaskSites
  readonly random: Random
  now(): number
  emit(event: EventBridgeEvent): void
}

/** The tasks of a cluster, and the service scheduler, which launches and stops them. */
export class ServiceScheduler {
  readonly #roster = new TaskRoster()
  #launches = 0

  constructor(private readonly host: SchedulerHost) {}

  /** How many tasks are in transition. */
  get moving(): number {
    return this.#roster.moving.size
  }

  /** How many tasks are routable. */
  get serving(): number {
    return this.#roster.serving.size
  }

  /** A random routable task. */
  drawServing(): SimulatedTask | undefined {
    return this.#roster.serving.draw(this.host.random)
  }

  /** The tasks that DescribeTasks returns now, by id, in order of launch. */
  tasks(): ReadonlyMap<string, SimulatedTask> {
    return this.#roster.describable(this.host.now())
  }

  /** Runs the scheduler once. What it starts runs it again when done. */
  balance(service: BalancedService): void {
    const { current, wanted, desiredCount } = service
    if (current.isStaged) {
      for (const revision of current.revisions) {
        const tasks = [...wanted].filter((task) => task.revision === revision)
        this.#scale(service, revision, revisionBalance(tasks, current.wants(revision) ? desiredCount : 0))
      }
      return
    }
    const balance = serviceBalance(service)
    this.#scale(service, current.target, balance)
    if (balance.completes && current.isInProgress) current.complete(this.host.now())
  }

  stop(task: SimulatedTask, cause: StopCause): void {
    task.stop(cause, task.stamp(this.host.now()))
    this.#ended(task)
  }

  /** The essential container exits, and another task takes the place of this one. */
  crash(task: SimulatedTask): void {
    // Nothing random is drawn for it, so that what else happens does not depend on it.
    const exit = parseInt(task.id.slice(-1), 16) % 2 === 0 ? outOfMemory : failedExit
    task.crash(task.stamp(this.host.now()), false, exit)
    this.#ended(task)
    this.balance(this.#service(task))
  }

  /** Returns false if the task has no running sidecar. */
  exitSidecar(task: SimulatedTask): boolean {
    const exits = task.exitSidecar(task.stamp(this.host.now()))
    if (exits) this.#observe(task)
    return exits
  }

  /** A random task that is in transition continues it. */
  advanceOne(): void {
    const task = this.#roster.moving.draw(this.host.random)
    if (task === undefined) return
    task.advance(task.stamp(this.host.now()))
    this.#observe(task)
    const service = this.#service(task)
    const isReplacing = service.wanted.size > service.desiredCount || service.current.isInProgress
    if (task.endpoint !== undefined && isReplacing) this.balance(service)
  }

  #service({ service: { name } }: { readonly service: SimulatedService }): BalancedService {
    const service = this.host.services.get(name)
    if (service === undefined) throw new Error(`no service ${name}`)
    return service
  }

  #scale(
    service: BalancedService,
    revision: SimulatedRevision,
    { launch, stop }: Pick<ServiceBalance, 'launch' | 'stop'>,
  ): void {
    for (let launched = 0; launched < launch; launched++) this.#launch(service, revision)
    for (const task of stop) this.stop(task, scalingIn)
  }

  #launch(service: BalancedService, revision: SimulatedRevision): void {
    const { sites, random } = this.host
    const site = sites.place(service.spec)
    const task = new SimulatedTask(service, revision, site, ++this.#launches, this.host.now(), random)
    site.instance?.tasks.add(task)
    service.wanted.add(task)
    this.#observe(task)
  }

  /** Called after the first transition of a stopping task. The scheduler no longer counts the task. */
  #ended(task: SimulatedTask): void {
    this.#service(task).wanted.delete(task)
    this.#observe(task)
  }

  /** Publishes the task's new version, and updates the roster. */
  #observe(task: SimulatedTask): void {
    const { sites, random } = this.host
    if (task.hasStopped) task.site.instance?.tasks.delete(task)
    this.#roster.file(task)
    this.host.emit(observedTask(task, random))
    if (!task.hasStopped) return
    sites.release(task, this.host.now())
    this.#roster.forget(this.host.now())
  }
}
