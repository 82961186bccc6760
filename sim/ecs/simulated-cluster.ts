import { type Observable, Subject } from 'rxjs'
import { serviceActionEvent } from './cluster-events.js'
import { type Continued, DeploymentController } from './deployment-controller.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { incident } from './incident.js'
import { InstanceFleet } from './instance-fleet.js'
import { networkInterface } from './network-interface.js'
import type { DeploymentStage } from '../../src/testing/ecs-model/deployment-phases.js'
import { clusterArn, type Place } from '../../src/testing/ecs-model/place.js'
import { Pool } from '../../src/testing/ecs-model/pool.js'
import { prng, type Random } from '../prng.js'
import {
  type BalancedService,
  revisionBalance,
  type ServiceBalance,
  serviceBalance,
} from './service-balance.js'
import { simulatedDefinition, type SimulatedDefinition } from './simulated-definition.js'
import type { SimulatedInstance } from './simulated-instance.js'
import type { HookAction, ServiceSpec } from './service-spec.js'
import type { SimulatedRevision } from './simulated-revision.js'
import type { SimulatedService } from './simulated-service.js'
import { type SimulatedSite, SimulatedTask } from './simulated-task.js'
import { instanceDrains, scalingIn, type StopCause } from '../../src/testing/ecs-model/stop-cause.js'
import type { HealthStatus } from '../../src/testing/ecs-model/task-facts.js'
import { observedTask } from './observed-task.js'
import { TaskRoster } from './task-roster.js'

export interface SimulatedClusterOptions {
  /** The same seed and the same calls give the same events, byte for byte (with the default clock). */
  readonly seed: number
  /** Default `eu-west-1`. */
  readonly region?: string
  /** Twelve digits. Default `123456789012`. */
  readonly account?: string
  /** Short name of the cluster. Default `default`, as on AWS. */
  readonly name?: string
  readonly services: readonly ServiceSpec[]
  /** The machines for bridge, external and EC2 awsvpc tasks. Default none. */
  readonly instances?: { readonly ec2?: number; readonly external?: number }
  /**
   * Whether the EC2 machines are Managed Instances that the account hides: DescribeInstances knows them only with
   * `IncludeManagedResources`. Default false.
   */
  readonly hidden?: boolean
  /** Now, in epoch milliseconds. Default: a simulated clock, which each `step` advances by less than a second. */
  readonly clock?: () => number
}

/** What a deployment may change. The other options of a service are fixed. */
export type DeploymentChange = Partial<
  Pick<
    ServiceSpec,
    | 'containerPort'
    | 'dockerLabels'
    | 'environment'
    | 'sidecar'
    | 'strategy'
    | 'stepPercent'
    | 'stepBakeMinutes'
    | 'bakeMinutes'
    | 'pauses'
  >
>

/**
 * The status in DescribeClusters. A deleted cluster is INACTIVE for a while, and then MISSING. Source: Amazon ECS API
 * reference, DeleteCluster.
 */
export type ClusterStatus = 'ACTIVE' | 'INACTIVE' | 'MISSING'

/** The share of steps that cause a new incident. In the others, a task continues its transition. */
const INCIDENTS = 0.05

/** Share of steps in which a deployment goes on that can. */
const DEPLOYMENTS = 0.2

/**
 * A model of one ECS cluster: services, tasks, machines and task definitions, with the events that EventBridge would
 * deliver. `truth` returns what is routable now, to compare with what was derived from the events.
 *
 * Operations (`deploy`, `scale`, …) start something; `step` and `settle` let it continue, one transition at a time.
 */
export class SimulatedCluster {
  readonly place: Place
  readonly hidden: boolean
  /** Raw events, hot: each once, as it happens. For late, lost and repeated events see `sim/faults/delivery-faults`. */
  readonly events$: Observable<EventBridgeEvent>

  readonly #events = new Subject<EventBridgeEvent>()
  readonly #random: Random
  readonly #clock: (() => number) | undefined
  #simulatedNow = Date.UTC(2026, 0, 1)
  /** The second number of the cluster's IPv4 addresses. Clusters with different seeds seldom share one. */
  readonly #network: number
  readonly #interfaceSlots = new Pool(0)
  readonly #services = new Map<string, BalancedService>()
  readonly #definitions = new Map<string, SimulatedDefinition>()
  readonly #fleet: InstanceFleet
  readonly #roster = new TaskRoster()
  readonly #deployments: DeploymentController
  #launches = 0
  #status: ClusterStatus = 'ACTIVE'

  constructor(options: SimulatedClusterOptions) {
    const {
      region = 'eu-west-1',
      account = '123456789012',
      name = 'default',
      services,
      instances,
      hidden = false,
      clock,
    } = options
    this.hidden = hidden
    this.place = { region, account, cluster: name }
    this.events$ = this.#events.asObservable()
    this.#random = prng(options.seed)
    this.#clock = clock
    this.#network = this.#random.int(256)
    this.#fleet = new InstanceFleet(this.place, this.#network, this.#random, (event) => this.#emit(event))
    for (let count = 0; count < (instances?.ec2 ?? 0); count++) this.#fleet.register('ec2', this.now())
    for (let count = 0; count < (instances?.external ?? 0); count++)
      this.#fleet.register('external', this.now())
    this.#deployments = new DeploymentController({
      place: this.place,
      random: this.#random,
      // Of their own, so that how a service deploys leaves all else in the story as it is.
      ids: prng(options.seed ^ 0x5eed),
      now: () => this.now(),
      emit: (event) => this.#emit(event),
      remaining: (revision) =>
        this.tasks().filter((task) => task.revision === revision && task.lastStatus !== 'STOPPED').length,
    })
    for (const spec of services) {
      const first = this.#deployments.first(spec, this.#revise(spec, 1), this.#newDeployment())
      this.#services.set(spec.name, {
        spec,
        name: spec.name,
        createdAt: this.now(),
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
    if (this.tasks().some(({ lastStatus }) => lastStatus !== 'STOPPED'))
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
    return this.#clock?.() ?? this.#simulatedNow
  }

  /** Launches the tasks of the services. Subscribers before this call receive every task event. */
  start(): void {
    for (const service of this.#services.values()) this.#balance(service)
  }

  /**
   * Rolls out a new revision. By rolling, its tasks are launched at once; each one that reaches RUNNING replaces an old
   * one. In stages, the deployment continues with `step`, `settle`, `advance` and `reach`.
   * Throws on an unknown service, as do all operations.
   */
  deploy(serviceName: string, change: DeploymentChange = {}): void {
    const service = this.#service(serviceName)
    service.spec = { ...service.spec, ...change }
    const newest = Math.max(...service.deployments.map(({ target }) => target.definition.revision))
    this.#deployments.start(service, this.#revise(service.spec, newest + 1), this.#newDeployment())
    this.#balance(service)
  }

  /** Rolls out the task definition that the service has already, as with `forceNewDeployment`. */
  redeploy(serviceName: string): void {
    const service = this.#service(serviceName)
    this.#deployments.start(service, service.current.primary.definition, this.#newDeployment())
    this.#balance(service)
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
    return this.#deployments.act(this.services(), deploymentArn, hookId, action)
  }

  /** Lets the service's deployment do the next thing. False if it has ended, or waits: for tasks, time or a pause. */
  advance(serviceName: string): boolean {
    const service = this.#service(serviceName)
    const next = this.#deployments.next(service)
    if (next === undefined) return false
    next()
    this.#balance(service)
    return true
  }

  /**
   * Lets the service's deployment go on to the next time that it is in the stage, with all that is needed for it: tasks
   * settle, and the simulated clock moves on. Throws if it ends before, or if it waits for somebody else.
   */
  reach(serviceName: string, stage: DeploymentStage): void {
    const { current } = this.#service(serviceName)
    do {
      while (!this.advance(serviceName)) {
        if (this.#roster.moving.size > 0) this.settleTasks()
        else if (!current.isInProgress || current.isPaused)
          throw new Error(`the deployment of ${serviceName} (${current.status}) does not come to ${stage}`)
        else this.elapse(60_000)
      }
    } while (current.stage !== stage)
  }

  /** Moves the simulated clock on. Throws if the cluster has another clock. */
  elapse(ms: number): void {
    if (this.#clock !== undefined) throw new Error('the clock of this cluster is not its own')
    this.#simulatedNow += ms
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
    this.#balance(service)
  }

  /** The essential container of a routable task exits (default: a random one). Returns false if there is none. */
  crash(taskId?: string): boolean {
    const task = taskId === undefined ? this.#roster.serving.draw(this.#random) : this.task(taskId)
    if (task?.endpoint === undefined) return false
    task.crash(task.stamp(this.now()))
    this.#ended(task)
    this.#balance(this.#service(task.service.name))
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
    const task = this.#roster.serving.draw(this.#random)
    if (task?.exitSidecar(task.stamp(this.now())) !== true) return false
    this.#observe(task)
    return true
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
      if (task.site.instance === old && task.desiredStatus === 'RUNNING') this.#stop(task, instanceDrains)
    for (const service of this.#services.values()) this.#balance(service)
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
    const { moving, serving } = this.#roster
    this.#tick()
    const ready = this.#ready()
    if (ready.length > 0 && this.#random.chance(DEPLOYMENTS)) {
      this.advance(this.#random.pick(ready).name)
      return
    }
    // No incidents while most tasks are in transition: otherwise large deployments would accumulate without limit.
    const calm = moving.size <= serving.size
    if (moving.size === 0 || (calm && this.#random.chance(INCIDENTS))) incident(this, this.#random)
    else this.#advanceOne()
  }

  /** Completes all transitions, without new incidents. Deployments continue as far as they need not wait. */
  settle(): void {
    this.settleTasks()
    for (let [service] = this.#ready(); service !== undefined; [service] = this.#ready()) {
      this.#tick()
      this.advance(service.name)
      this.settleTasks()
    }
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
    return [...this.#roster.describable(this.now()).values()]
  }

  /** The task with this id, if it can still be described. */
  task(id: string): SimulatedTask | undefined {
    return this.#roster.describable(this.now()).get(id)
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
    return [...this.#definitions.values()]
  }

  /** The service revision of that ARN. */
  revision(arn: string): SimulatedRevision | undefined {
    return this.#deployments.revision(this.services(), arn)
  }

  /** Services whose deployments can do something now. */
  #ready(): readonly BalancedService[] {
    return this.services().filter((service) => this.#deployments.next(service) !== undefined)
  }

  /** Lets all transitions of tasks end, and deployments stay in their stages. */
  settleTasks(): void {
    while (this.#roster.moving.size > 0) {
      this.#tick()
      this.#advanceOne()
    }
  }

  #service(name: string): BalancedService {
    const service = this.#services.get(name)
    if (service === undefined) throw new Error(`no service ${name} in cluster ${this.name}`)
    return service
  }

  #newDeployment(): string {
    return `ecs-svc/${1e9 + this.#random.int(8e9)}${1e8 + this.#random.int(9e8)}`
  }

  #revise(spec: ServiceSpec, revision: number): SimulatedDefinition {
    const definition = simulatedDefinition(this.place, spec, revision, this.now(), this.#random)
    this.#definitions.set(definition.arn, definition)
    return definition
  }

  /** Runs the service scheduler once. What it starts runs it again when done. */
  #balance(service: BalancedService): void {
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
    if (balance.completes && current.isInProgress) current.complete(this.now())
  }

  #scale(
    service: BalancedService,
    revision: SimulatedRevision,
    { launch, stop }: Pick<ServiceBalance, 'launch' | 'stop'>,
  ): void {
    for (let launched = 0; launched < launch; launched++) this.#launch(service, revision)
    for (const task of stop) this.#stop(task, scalingIn)
  }

  #launch(service: BalancedService, revision: SimulatedRevision): void {
    const site = this.#site(service.spec)
    const task = new SimulatedTask(service, revision, site, ++this.#launches, this.now(), this.#random)
    site.instance?.tasks.add(task)
    service.wanted.add(task)
    this.#observe(task)
  }

  #site({ name, placement, dualStack = false }: ServiceSpec): SimulatedSite {
    const kind = placement === 'external' ? 'external' : 'ec2'
    const instance = placement === 'fargate' ? undefined : this.#fleet.drawActive(kind)
    if (instance === undefined && placement !== 'fargate') {
      throw new Error(`service ${name} needs at least one ${kind} instance`)
    }
    const ownInterface = placement === 'fargate' || placement === 'awsvpc'
    return {
      place: this.place,
      instance,
      networkInterface: ownInterface
        ? networkInterface(this.#interfaceSlots.take(), this.#network, dualStack, this.#random)
        : undefined,
      availabilityZone:
        instance?.availabilityZone ?? `${this.place.region}${this.#random.pick(['a', 'b', 'c'])}`,
    }
  }

  #stop(task: SimulatedTask, cause: StopCause): void {
    task.stop(cause, task.stamp(this.now()))
    this.#ended(task)
  }

  /** Called after the first transition of a stopping task. The scheduler no longer counts the task. */
  #ended(task: SimulatedTask): void {
    this.#service(task.service.name).wanted.delete(task)
    this.#observe(task)
  }

  #advanceOne(): void {
    const task = this.#roster.moving.draw(this.#random)
    if (task === undefined) return
    task.advance(task.stamp(this.now()))
    this.#observe(task)
    const service = this.#service(task.service.name)
    const isReplacing = service.wanted.size > service.desiredCount || service.current.isInProgress
    if (task.endpoint !== undefined && isReplacing) this.#balance(service)
  }

  /** Publishes the task's new version, and updates the roster. */
  #observe(task: SimulatedTask): void {
    this.#roster.file(task)
    const { networkInterface: eni, instance } = task.site
    if (task.hasStopped) instance?.tasks.delete(task)
    this.#emit(observedTask(task, this.#random))
    if (!task.hasStopped) return
    if (eni !== undefined) this.#interfaceSlots.giveBack(eni.slot)
    if (instance !== undefined) this.#fleet.retireIfEmpty(instance, this.now())
    this.#roster.forget(this.now())
  }

  #announceService(
    { name }: SimulatedService,
    what: 'SERVICE_STEADY_STATE' | 'SERVICE_DESIRED_COUNT_UPDATED',
  ): void {
    this.#emit(serviceActionEvent(this.place, name, what, this.now(), this.#random))
  }

  #tick(): void {
    if (this.#clock === undefined) this.#simulatedNow += 1 + this.#random.int(800)
  }

  #emit(event: EventBridgeEvent): void {
    this.#events.next(event)
  }
}

/** A cluster with machines and services. It has no tasks before `start`. */
export const simulatedCluster = (options: SimulatedClusterOptions): SimulatedCluster =>
  new SimulatedCluster(options)
