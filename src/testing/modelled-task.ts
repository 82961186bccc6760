import type { InstanceArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { TaskStatus } from '../core/task-status.js'
import type { Health } from '../core/task.js'
import { containerArn, type Place, taskArn } from './ecs-json/place.js'
import type {
  BindingFacts,
  ContainerFacts,
  InterfaceFacts,
  StopCause,
  TaskFacts,
  TaskTimes,
} from './ecs-json/task-facts.js'
import type { ModelledRevision } from './modelled-deployment.js'
import { hexId, uuid } from './modelled-ids.js'

export interface ModelledService {
  readonly place: Place
  readonly name: string
  /** `awsvpc` stands for Fargate: an own interface and no instance. `bridge` stands for EC2: ports of the instance. */
  readonly network: 'awsvpc' | 'bridge'
  /** Whether a non-essential container with a UDP port runs beside the main one. */
  readonly sidecar: boolean
  /** Whether it deploys in stages; otherwise by rolling. */
  readonly stages: boolean
}

/** A task's placement. `release` frees its address and port for reuse. */
export interface Placement {
  readonly instance: InstanceArn | undefined
  readonly address: string
  readonly port: number
  readonly sidecarPort: number
  release(): void
}

const lives = {
  awsvpc: ['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'DEPROVISIONING', 'STOPPED'],
  bridge: ['PENDING', 'RUNNING', 'STOPPED'],
} as const

const interfaceStatus = (lastStatus: TaskStatus): InterfaceFacts['status'] =>
  lastStatus === 'PROVISIONING' ? 'PRECREATED' : lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED'

/** The true state of one task. */
export class ModelledTask {
  version = 1
  lastStatus: TaskStatus
  desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'
  sidecarStatus: TaskStatus = 'PENDING'
  appStatus: TaskStatus = 'PENDING'
  health: Health = 'UNKNOWN'
  readonly arn: string
  readonly #id: string
  /** By ECS's clock, as all times that it writes. */
  readonly #createdAt: Millis
  readonly #times: TaskTimes = {}
  #stopCause: StopCause | undefined

  constructor(
    /** Numbers the tasks of a world; all of its ids derive from it. */
    readonly ordinal: number,
    readonly service: ModelledService,
    readonly revision: ModelledRevision,
    readonly placement: Placement,
    /** When it was created, in true time. */
    readonly created: Millis,
    /** The stamp of its current version. */
    public at: Millis,
  ) {
    this.#id = hexId(ordinal, 32)
    this.arn = taskArn(service.place, this.#id)
    this.#createdAt = at
    this.lastStatus = lives[service.network][0]
  }

  get stopped(): boolean {
    return this.lastStatus === 'STOPPED'
  }

  /** Whether its state will not change by itself. */
  get steady(): boolean {
    return this.stopped || (this.lastStatus === 'RUNNING' && this.desiredStatus === 'RUNNING')
  }

  get live(): boolean {
    return (
      this.lastStatus === 'RUNNING' &&
      this.desiredStatus === 'RUNNING' &&
      this.appStatus === 'RUNNING' &&
      this.health !== 'UNHEALTHY'
    )
  }

  get endpoint(): string {
    return `${this.placement.address}:${this.placement.port}`
  }

  /** Advances to the next status. A running task stays so until it has to stop. Returns false if nothing changes. */
  advance(at: Millis): boolean {
    const life: readonly TaskStatus[] = lives[this.service.network]
    const next = life[life.indexOf(this.lastStatus) + 1]
    return !this.steady && next !== undefined && this.enter(next, at)
  }

  drain(at: Millis): boolean {
    if (this.desiredStatus === 'STOPPED') return false
    this.#stop({ code: 'ServiceSchedulerInitiated', reason: 'Scaling activity initiated by deployment' }, at)
    // A task that never ran skips the statuses after RUNNING.
    if (this.lastStatus !== 'RUNNING') return this.enter('STOPPED', at)
    return this.touch(at)
  }

  /** Its essential container exits. `whole`: the task has stopped as well, without events for the states in between. */
  crash(at: Millis, whole: boolean): boolean {
    if (this.stopped) return false
    this.#stop({ code: 'EssentialContainerExited', reason: 'Essential container in task exited' }, at)
    return this.enter(whole || this.service.network === 'bridge' ? 'STOPPED' : 'DEPROVISIONING', at)
  }

  exitSidecar(at: Millis): boolean {
    if (!this.service.sidecar || this.sidecarStatus !== 'RUNNING') return false
    this.sidecarStatus = 'STOPPED'
    return this.touch(at)
  }

  /** Changes its health, which causes no event and no new version. */
  flipHealth(): void {
    if (this.lastStatus === 'RUNNING') this.health = this.health === 'UNHEALTHY' ? 'HEALTHY' : 'UNHEALTHY'
  }

  /** What ECS writes about its current version. */
  facts(): TaskFacts {
    const { place } = this.service
    const { instance } = this.placement
    return {
      place,
      arn: this.arn,
      definitionArn: this.revision.definition,
      group: `service:${this.service.name}`,
      launchType: instance === undefined ? 'FARGATE' : 'EC2',
      instanceArn: instance,
      availabilityZone: `${place.region}a`,
      startedBy: this.revision.startedBy,
      version: this.version,
      createdAt: this.#createdAt,
      updatedAt: this.at,
      times: this.#times,
      lastStatus: this.lastStatus,
      desiredStatus: this.desiredStatus,
      stopCause: this.#stopCause,
      networkInterface: this.#networkInterface(),
      attachmentsLost: false,
      containers: this.#containers(),
      health: this.health,
    }
  }

  /** The same version in an event with less information: no interface before RUNNING, and the previous status. */
  understated(): TaskFacts {
    const facts = this.facts()
    if (this.lastStatus === 'ACTIVATING') return { ...facts, attachmentsLost: true }
    if (this.lastStatus !== 'RUNNING') return facts
    return this.desiredStatus === 'RUNNING'
      ? { ...facts, lastStatus: 'PENDING' }
      : { ...facts, desiredStatus: 'RUNNING' }
  }

  #networkInterface(): InterfaceFacts | undefined {
    if (this.service.network === 'bridge') return undefined
    return {
      attachmentId: uuid(this.ordinal, 1),
      loadBalancerAttachmentId: uuid(this.ordinal, 2),
      id: `eni-${hexId(this.ordinal, 17)}`,
      subnetId: `subnet-${hexId(1, 17)}`,
      macAddress: '02:00:5e:00:53:01',
      privateIp: this.placement.address,
      ipv6: undefined,
      status: interfaceStatus(this.lastStatus),
    }
  }

  #containers(): readonly ContainerFacts[] {
    const { port, sidecarPort } = this.placement
    const app = this.#container(3, 'app', this.appStatus, this.health, {
      containerPort: this.revision.containerPort,
      hostPort: port,
      protocol: 'tcp',
      dualStack: true,
    })
    if (!this.service.sidecar) return [app]
    const statsd = this.#container(4, 'statsd', this.sidecarStatus, 'UNKNOWN', {
      containerPort: 8125,
      hostPort: sidecarPort,
      protocol: 'udp',
      dualStack: true,
    })
    return [app, statsd]
  }

  #container(
    part: number,
    name: string,
    lastStatus: TaskStatus,
    health: Health,
    binding: BindingFacts,
  ): ContainerFacts {
    const hasStarted = lastStatus !== 'PENDING'
    const { network, place } = this.service
    return {
      arn: containerArn(place, this.#id, uuid(this.ordinal, part)),
      name,
      image: `${name}:1`,
      digest: `sha256:${hexId(part, 64)}`,
      runtimeId: hasStarted ? this.#runtimeId(part) : undefined,
      lastStatus,
      exitCode: lastStatus === 'STOPPED' ? 0 : undefined,
      binding: network === 'bridge' && hasStarted ? binding : undefined,
      overrides: { SECRET_TOKEN: `secret of ${name}` },
      health,
    }
  }

  /** Fargate's runtime ids have another form than Docker's. */
  #runtimeId(part: number): string {
    return this.service.network === 'awsvpc'
      ? `${this.#id}-${String(part).padStart(10, '0')}`
      : `${hexId(part, 32)}${this.#id}`
  }

  #stop(cause: StopCause, at: Millis): void {
    this.desiredStatus = 'STOPPED'
    this.#stopCause ??= cause
    this.#times.stoppingAt ??= at
  }

  private enter(status: TaskStatus, at: Millis): boolean {
    this.lastStatus = status
    if (status === 'RUNNING') {
      this.appStatus = 'RUNNING'
      this.sidecarStatus = 'RUNNING'
      this.#times.pullStartedAt = at
      this.#times.pullStoppedAt = at
      this.#times.connectivityAt = at
      this.#times.startedAt = at
    } else if (status === 'DEPROVISIONING' || status === 'STOPPED') {
      this.appStatus = 'STOPPED'
      this.sidecarStatus = 'STOPPED'
      this.#times.executionStoppedAt ??= at
    }
    if (status === 'STOPPED') {
      this.#times.stoppedAt = at
      this.placement.release()
    }
    return this.touch(at)
  }

  private touch(at: Millis): boolean {
    this.version++
    this.at = at
    return true
  }
}
