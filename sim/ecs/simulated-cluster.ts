import { type Observable, Subject } from 'rxjs'
import { deploymentEvent, serviceActionEvent } from './cluster-events.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-json/event-bridge-event.js'
import { incident } from './incident.js'
import { InstanceFleet } from './instance-fleet.js'
import { networkInterface } from './network-interface.js'
import { clusterArn, type Place } from '../../src/testing/ecs-json/place.js'
import { Pool } from './pool.js'
import { prng, type Random } from '../prng.js'
import { type BalancedService, serviceBalance } from './service-balance.js'
import { simulatedDefinition, type SimulatedDefinition } from './simulated-definition.js'
import type { SimulatedInstance } from './simulated-instance.js'
import type { ServiceSpec } from './service-spec.js'
import type { SimulatedService } from './simulated-service.js'
import { SimulatedTask, type TaskSite } from './simulated-task.js'
import type { StopCause } from '../../src/testing/ecs-json/task-facts.js'
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
  Pick<ServiceSpec, 'containerPort' | 'dockerLabels' | 'environment' | 'sidecar'>
>

/**
 * The status in DescribeClusters. A deleted cluster is INACTIVE for a while, and then MISSING. Source: Amazon ECS API
 * reference, DeleteCluster.
 */
export type ClusterStatus = 'ACTIVE' | 'INACTIVE' | 'MISSING'

/** The share of steps that cause a new incident. In the others, a task continues its transition. */
const INCIDENTS = 0.05

const scalingIn: StopCause = {
  code: 'ServiceSchedulerInitiated',
  reason: 'Scaling activity initiated by deployment',
}
const drainingInstance: StopCause = { code: 'ServiceSchedulerInitiated', reason: 'Host instance is draining' }

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
    for (const spec of services) {
      this.#services.set(spec.name, {
        spec,
        name: spec.name,
        desiredCount: spec.desiredCount,
        definition: this.#revise(spec, 1),
        deployment: this.#newDeployment(),
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
   * Rolls out a new revision. Its tasks are launched at once; each one that reaches RUNNING replaces an old one.
   * Throws on an unknown service, as do all operations.
   */
  deploy(serviceName: string, change: DeploymentChange = {}): void {
    const service = this.#service(serviceName)
    service.spec = { ...service.spec, ...change }
    service.definition = this.#revise(service.spec, service.definition.revision + 1)
    service.deployment = this.#newDeployment()
    this.#announceDeployment(service, 'IN_PROGRESS')
    this.#balance(service)
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
    task.crash(this.now())
    this.#ended(task)
    this.#balance(this.#service(task.service.name))
    return true
  }

  /** The sidecar of a random routable task exits; the task continues. Returns false if it has no running sidecar. */
  exitSidecar(): boolean {
    const task = this.#roster.serving.draw(this.#random)
    if (task?.exitSidecar(this.now()) !== true) return false
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
      if (task.site.instance === old && task.desiredStatus === 'RUNNING') this.#stop(task, drainingInstance)
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

  /** Causes a random incident, or continues the transition of a random task. Advances the simulated clock. */
  step(): void {
    const { moving, serving } = this.#roster
    this.#tick()
    // No incidents while most tasks are in transition: otherwise large deployments would accumulate without limit.
    const calm = moving.size <= serving.size
    if (moving.size === 0 || (calm && this.#random.chance(INCIDENTS))) incident(this, this.#random)
    else this.#advanceOne()
  }

  /** Completes all transitions, without new incidents. */
  settle(): void {
    while (this.#roster.moving.size > 0) {
      this.#tick()
      this.#advanceOne()
    }
  }

  /**
   * By service, every `host:port` that is routable now, sorted: the primary container's TCP port of each task whose
   * lastStatus and desiredStatus are RUNNING. A service without such tasks has an empty list.
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
    const { launch, stop, completes } = serviceBalance(service)
    for (let launched = 0; launched < launch; launched++) this.#launch(service)
    for (const task of stop) this.#stop(task, scalingIn)
    if (!completes) return
    this.#announceDeployment(service, 'COMPLETED')
    this.#announceService(service, 'SERVICE_STEADY_STATE')
  }

  #launch(service: BalancedService): void {
    const site = this.#site(service.spec)
    const task = new SimulatedTask(service, site, ++this.#launches, this.now(), this.#random)
    service.wanted.add(task)
    this.#observe(task)
  }

  #site({ name, placement, dualStack = false }: ServiceSpec): TaskSite {
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
    task.stop(cause, this.now(), this.#random)
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
    task.advance(this.now())
    this.#observe(task)
    const service = this.#service(task.service.name)
    if (task.endpoint !== undefined && service.wanted.size > service.desiredCount) this.#balance(service)
  }

  /** Publishes the task's new version, and updates the roster. */
  #observe(task: SimulatedTask): void {
    this.#roster.file(task)
    this.#emit(observedTask(task, this.#random))
    if (task.lastStatus !== 'STOPPED') return
    const { networkInterface: eni, instance } = task.site
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

  #announceDeployment({ name, deployment }: SimulatedService, progress: 'IN_PROGRESS' | 'COMPLETED'): void {
    this.#emit(deploymentEvent(this.place, name, deployment, progress, this.now(), this.#random))
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
