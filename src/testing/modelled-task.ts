import type { ClusterArn, DefinitionArn, InstanceArn } from '../core/arn.js'
import type { Binding } from '../core/binding.js'
import type { Millis } from '../core/clock.js'
import type { TaskStatus } from '../core/task-status.js'
import type { Container, Health, Task } from '../core/task.js'

export interface ModelledService {
  readonly cluster: ClusterArn
  readonly name: string
  /** `awsvpc` stands for Fargate: an own interface and no instance. `bridge` stands for EC2: ports of the instance. */
  readonly network: 'awsvpc' | 'bridge'
  /** Whether a non-essential container with a UDP port runs beside the main one. */
  readonly sidecar: boolean
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

/** The true state of one task. */
export class ModelledTask {
  version = 1
  lastStatus: TaskStatus
  desiredStatus: TaskStatus = 'RUNNING'
  sidecarStatus: TaskStatus = 'PENDING'
  appStatus: TaskStatus = 'PENDING'
  health: Health = 'UNKNOWN'

  constructor(
    readonly arn: string,
    readonly service: ModelledService,
    readonly definition: DefinitionArn,
    readonly containerPort: number,
    readonly placement: Placement,
    /** When it was created, in true time. */
    readonly created: Millis,
    /** The stamp of its current version. */
    public at: Millis,
  ) {
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
    this.desiredStatus = 'STOPPED'
    // A task that never ran skips the statuses after RUNNING.
    if (this.lastStatus !== 'RUNNING') return this.enter('STOPPED', at)
    return this.touch(at)
  }

  /** Its essential container exits. `whole`: the task has stopped as well, without events for the states in between. */
  crash(at: Millis, whole: boolean): boolean {
    if (this.stopped) return false
    this.desiredStatus = 'STOPPED'
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

  /** The task in an event about its current version. */
  observed(): Task {
    const attached = this.service.network === 'awsvpc' && this.lastStatus !== 'PROVISIONING'
    const { address, instance } = this.placement
    return {
      arn: this.arn,
      cluster: this.service.cluster,
      group: `service:${this.service.name}`,
      definition: this.definition,
      instance,
      launchType: instance === undefined ? 'FARGATE' : 'EC2',
      version: this.version,
      at: this.at,
      lastStatus: this.lastStatus,
      desiredStatus: this.desiredStatus,
      interface: attached ? { version: this.version, ipv4: address, ipv6: undefined } : undefined,
      containers: this.containers(),
      health: undefined,
    }
  }

  /** The same version in an event with less information: no interface before RUNNING, and the previous status. */
  understated(): Task {
    const told = this.observed()
    if (this.lastStatus === 'ACTIVATING') return { ...told, interface: undefined }
    if (this.lastStatus !== 'RUNNING') return told
    return this.desiredStatus === 'RUNNING'
      ? { ...told, lastStatus: 'PENDING' }
      : { ...told, desiredStatus: 'RUNNING' }
  }

  /** The task as DescribeTasks returns it, including its health. */
  described(order: number): Task {
    return { ...this.observed(), health: { at: order, status: this.health } }
  }

  private containers(): readonly Container[] {
    const container = (
      name: string,
      lastStatus: TaskStatus,
      binding: Pick<Binding, 'containerPort' | 'hostPort' | 'protocol'>,
    ): Container => {
      const bound = this.service.network === 'bridge' && lastStatus !== 'PENDING'
      return {
        name,
        arn: `${this.arn}/${name}`,
        version: this.version,
        lastStatus,
        runtimeId: lastStatus === 'PENDING' ? undefined : `${this.arn}-${name}`,
        bindingsVersion: bound ? this.version : -1,
        bindings: bound ? [{ ...binding, count: 1 }] : [],
      }
    }
    const { port, sidecarPort } = this.placement
    const app = container('app', this.appStatus, {
      containerPort: this.containerPort,
      hostPort: port,
      protocol: 'tcp',
    })
    if (!this.service.sidecar) return [app]
    const statsd = { containerPort: 8125, hostPort: sidecarPort, protocol: 'udp' } as const
    return [app, container('statsd', this.sidecarStatus, statsd)]
  }

  private enter(status: TaskStatus, at: Millis): boolean {
    this.lastStatus = status
    if (status === 'RUNNING') {
      this.appStatus = 'RUNNING'
      this.sidecarStatus = 'RUNNING'
    } else if (status === 'DEPROVISIONING' || status === 'STOPPED') {
      this.appStatus = 'STOPPED'
      this.sidecarStatus = 'STOPPED'
    }
    if (status === 'STOPPED') this.placement.release()
    return this.touch(at)
  }

  private touch(at: Millis): boolean {
    this.version++
    this.at = at
    return true
  }
}
