import { type Observable, Subject } from 'rxjs'
import type { DeploymentStage } from '../../src/testing/ecs-model/deployment-phases.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { clusterArn, type Place } from '../../src/testing/ecs-model/place.js'
import { instanceDrains } from '../../src/testing/ecs-model/stop-cause.js'
import type { HealthStatus } from '../../src/testing/ecs-model/task-facts.js'
import { prng, type Random } from '../prng.js'
import { ClusterClock } from './cluster-clock.js'
import { serviceActionEvent } from './cluster-events.js'
import type { SimulatedClusterOptions } from './cluster-options.js'
import { ClusterProgress } from './cluster-progress.js'
import type { ClusterSimulation, ClusterStatus } from './cluster-simulation.js'
import { DefinitionRegistry } from './definition-registry.js'
import { type Continued, DeploymentController } from './deployment-controller.js'
import { incident } from './incident.js'
import { InstanceFleet } from './instance-fleet.js'
import type { BalancedService } from './service-balance.js'
import { ServiceScheduler } from './service-scheduler.js'
import type { DeploymentChange, HookAction } from './service-spec.js'
import type { SimulatedDefinition } from './simulated-definition.js'
import type { SimulatedInstance } from './simulated-instance.js'
import type { SimulatedRevision } from './simulated-revision.js'
import type { SimulatedService } from './simulated-service.js'
import type { SimulatedTask } from './simulated-task.js'
import { TaskSites } from './task-sites.js'

/**
 * A model of one ECS cluster: services, tasks, machines and task definitions, with the events that EventBridge would
 * deliver. `truth` returns what is routable now, to compare with what was derived from the events.
 *
 * Operations (`deploy`, `scale`, …) start something; `step` and `settle` let it continue, one transition at a time.
 */
export class SimulatedCluster implements ClusterSimulation {
  readonly place: Place
  readonly hidden: boolean
  /** Raw events, hot: each once, as it happens. For late, lost and repeated events see `sim/faults/delivery-faults`. */
  readonly events$: Observable<EventBridgeEvent>

  readonly #events = new Subject<EventBridgeEvent>()
  readonly #random: Random
  readonly #clock: ClusterClock
  readonly #services = new Map<string, BalancedService>()
  readonly #definitions: DefinitionRegistry
  readonly #fleet: InstanceFleet
  readonly #scheduler: ServiceScheduler
  readonly #deployments: DeploymentController
  readonly #progress: ClusterProgress
  #status: ClusterStatus = 'ACTIVE'

  constructor({
    seed,
    region = 'eu-west-1',
    account = '123456789012',
    name = 'default',
    services,
    instances,
    hidden = false,
    clock: given,
  }: SimulatedClusterOptions) {
    const place = { region, account, cluster: name }
    const random = prng(seed)
    const clock = new ClusterClock(given, random)
    const now = (): number => clock.now()
    const emit = (event: EventBridgeEvent): void => this.#events.next(event)
    this.hidden = hidden
    this.place = place
    this.events$ = this.#events.asObservable()
    this.#random = random
    this.#clock = clock
    // Clusters with different seeds seldom share the second number of their addresses.
    this.#fleet = new InstanceFleet(place, random.int(256), random, emit)
    for (let count = 0; count < (instances?.ec2 ?? 0); count++) this.#fleet.register('ec2', now())
    for (let count = 0; count < (instances?.external ?? 0); count++) this.#fleet.register('external', now())
    const shared = { services: this.#services, random, now, emit }
    const scheduler = new ServiceScheduler({ ...shared, sites: new TaskSites(this.#fleet, random) })
    // Random ids of their own, so that how a service deploys leaves all else in the story as it is.
    const deployments = new DeploymentController({ ...shared, place, ids: prng(seed ^ 0x5eed), scheduler })
    this.#definitions = new DefinitionRegistry(place, random)
    this.#scheduler = scheduler
    this.#deployments = deployments
    this.#progress = new ClusterProgress({ services: this.#services, scheduler, deployments, clock, random })
    for (const spec of services) {
      const first = deployments.first(spec, this.#definitions.register(spec, now()))
      this.#services.set(spec.name, {
        spec,
        name: spec.name,
        createdAt: now(),
        desiredCount: spec.desiredCount,
        current: first,
        deployments: [first],
        wanted: new Set(),
      })
    }
  }

  get name(): string {
    return this.place.cluster
  }

  get arn(): string {
    return clusterArn(this.place)
  }

  get status(): ClusterStatus {
    return this.#status
  }

  /** Deletes the cluster. Throws while it has running tasks, as ECS refuses this too. */
  delete(): void {
    if (this.tasks().some(({ hasStopped }) => !hasStopped))
      throw new Error(`ClusterContainsTasksException: cluster ${this.name} still has tasks`)
    this.#status = 'INACTIVE'
  }

  /** ECS forgets the deleted cluster: it is MISSING from now on. */
  forget(): void {
    if (this.#status !== 'INACTIVE') throw new Error(`cluster ${this.name} was not deleted`)
    this.#status = 'MISSING'
  }

  /** Now, in epoch milliseconds, by the cluster's clock. */
  now(): number {
    return this.#clock.now()
  }

  /** Launches the tasks of the services. Subscribers before this call receive every task event. */
  start(): void {
    for (const service of this.#services.values()) this.#scheduler.balance(service)
  }

  /**
   * Rolls out a new revision. By rolling, its tasks are launched at once; each one that reaches RUNNING replaces an old
   * one. In stages, the deployment continues with `step`, `settle`, `advance` and `reach`.
   * Throws on an unknown service, as do all operations.
   */
  deploy(serviceName: string, change: DeploymentChange = {}): void {
    const service = this.#service(serviceName)
    service.spec = { ...service.spec, ...change }
    this.#deployments.start(service, this.#definitions.register(service.spec, this.now()))
    this.#scheduler.balance(service)
  }

  /** Rolls out the task definition that the service has already, as with `forceNewDeployment`. */
  redeploy(serviceName: string): void {
    const service = this.#service(serviceName)
    this.#deployments.start(service, service.current.primary.definition)
    this.#scheduler.balance(service)
  }

  /** Asks a deployment in stages to go back. False if none is in progress, or it already goes back or stops. */
  rollBack(serviceName: string, reason = 'A rollback was requested.'): boolean {
    const { current } = this.#service(serviceName)
    return current.isStaged && current.requestRollback(reason, this.now())
  }

  /** Asks a deployment in stages to stop as it is. False as in `rollBack`. */
  stopDeployment(serviceName: string, reason = 'A stop was requested.'): boolean {
    const { current } = this.#service(serviceName)
    return current.isStaged && current.requestStop(reason, this.now())
  }

  /** Ends the pause of a deployment. */
  continueDeployment(deploymentArn: string, hookId: string, action: HookAction): Continued {
    return this.#deployments.act(deploymentArn, hookId, action)
  }

  /** Lets the service's deployment do the next thing. False if it has ended, or waits: for tasks, time or a pause. */
  advance(serviceName: string): boolean {
    return this.#progress.advance(this.#service(serviceName))
  }

  /**
   * Lets the service's deployment go on to the next time that it is in the stage, with all that is needed for it: tasks
   * settle, and the simulated clock moves on. Throws if it ends before, or if it waits for somebody else.
   */
  reach(serviceName: string, stage: DeploymentStage): void {
    this.#progress.reach(this.#service(serviceName), stage)
  }

  /** Moves the simulated clock on. Throws if the cluster has another clock. */
  elapse(ms: number): void {
    this.#clock.elapse(ms)
  }

  /** Lets ECS forget the service revision, so that it cannot be described any more. */
  forgetRevision(arn: string): void {
    this.#deployments.forget(arn)
  }

  /** Launches or stops tasks to reach `desiredCount`, which may be zero. */
  scale(serviceName: string, desiredCount: number): void {
    const service = this.#service(serviceName)
    service.desiredCount = desiredCount
    this.#announceService(service, 'SERVICE_DESIRED_COUNT_UPDATED')
    this.#scheduler.balance(service)
  }

  /** The essential container of a routable task exits (default: a random one). Returns false if there is none. */
  crash(taskId?: string): boolean {
    const task = taskId === undefined ? this.#scheduler.drawServing() : this.task(taskId)
    if (task?.endpoint === undefined) return false
    this.#scheduler.crash(task)
    return true
  }

  /** The health check of a task finds this. ECS sends no event of it. Returns false if the cluster has no such task. */
  checkHealth(taskId: string, health: HealthStatus): boolean {
    const task = this.task(taskId)
    if (task !== undefined) task.health = health
    return task !== undefined
  }

  /** The sidecar of a random routable task exits; the task continues. Returns false if it has no running sidecar. */
  exitSidecar(): boolean {
    const task = this.#scheduler.drawServing()
    return task !== undefined && this.#scheduler.exitSidecar(task)
  }

  /**
   * Registers a new machine and drains an old one (default: a random one). The old one is deregistered when its last
   * task has stopped; the next machine gets its addresses. Returns false if there was no machine to replace.
   */
  replaceInstance(instanceArn?: string): boolean {
    const old = instanceArn === undefined ? this.#fleet.drawActive() : this.#fleet.get(instanceArn)
    if (old?.status !== 'ACTIVE') return false
    this.#fleet.register(old.kind, this.now())
    this.#fleet.drain(old, this.now())
    for (const task of this.tasks())
      if (task.site.instance === old && task.desiredStatus === 'RUNNING')
        this.#scheduler.stop(task, instanceDrains)
    for (const service of this.#services.values()) this.#scheduler.balance(service)
    this.#fleet.retireIfEmpty(old, this.now())
    return true
  }

  /** The agent of a random machine loses or regains its connection. Its tasks are unaffected. */
  toggleAgent(): boolean {
    const instance = this.#fleet.drawActive()
    if (instance === undefined) return false
    this.#fleet.toggleAgent(instance, this.now())
    return true
  }

  /** The service reports a steady state, as ECS does every six hours if nothing happens. */
  declareSteady(serviceName: string): void {
    this.#announceService(this.#service(serviceName), 'SERVICE_STEADY_STATE')
  }

  /**
   * Causes a random incident, or continues the transition of a random task or deployment. Advances the simulated clock.
   */
  step(): void {
    this.#progress.step(() => incident(this, this.#random))
  }

  /** How many tasks are in transition. */
  get moving(): number {
    return this.#scheduler.moving
  }

  /** Continues the transition of a random task, if one is in transition. */
  advanceOne(): void {
    this.#scheduler.advanceOne()
  }

  /** Completes all transitions, without new incidents. Deployments continue as far as they need not wait. */
  settle(): void {
    this.#progress.settle()
  }

  /** Lets all transitions of tasks end, and deployments stay in their stages. */
  settleTasks(): void {
    this.#progress.settleTasks()
  }

  /**
   * By service, every `host:port` that is routable now, sorted: the primary container's TCP port of each task whose
   * lastStatus and desiredStatus are RUNNING, whatever its revision's share of the traffic. A service without such tasks
   * has an empty list.
   */
  truth(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      this.services().map(({ name, wanted }) => [
        name,
        [...wanted].flatMap(({ endpoint }) => (endpoint === undefined ? [] : [endpoint])).sort(),
      ]),
    )
  }

  /** The services as they are now, in the order of the options. */
  services(): readonly BalancedService[] {
    return [...this.#services.values()]
  }

  /**
   * The tasks that DescribeTasks returns now, in order of launch. Tasks that stopped over an hour ago are forgotten.
   */
  tasks(): readonly SimulatedTask[] {
    return [...this.#scheduler.tasks().values()]
  }

  /** The task with this id, if it can still be described. */
  task(id: string): SimulatedTask | undefined {
    return this.#scheduler.tasks().get(id)
  }

  /** Every machine ever registered, the oldest first. Deregistered ones are INACTIVE. */
  instances(): readonly SimulatedInstance[] {
    return this.#fleet.all()
  }

  /** The container instance with this ARN. */
  instance(arn: string): SimulatedInstance | undefined {
    return this.#fleet.get(arn)
  }

  /** All revisions of all task definitions, the oldest first. */
  definitions(): readonly SimulatedDefinition[] {
    return this.#definitions.all()
  }

  /** The service revision of that ARN. */
  revision(arn: string): SimulatedRevision | undefined {
    return this.#deployments.revision(arn)
  }

  #service(name: string): BalancedService {
    const service = this.#services.get(name)
    if (service === undefined) throw new Error(`no service ${name} in cluster ${this.name}`)
    return service
  }

  #announceService(
    { name }: SimulatedService,
    what: 'SERVICE_STEADY_STATE' | 'SERVICE_DESIRED_COUNT_UPDATED',
  ): void {
    this.#events.next(serviceActionEvent(this.place, name, what, this.now(), this.#random))
  }
}

/** A cluster with machines and services. It has no tasks before `start`. */
export const simulatedCluster = (options: SimulatedClusterOptions): SimulatedCluster =>
  new SimulatedCluster(options)
