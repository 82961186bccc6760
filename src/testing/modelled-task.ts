import type { ClusterArn, DefinitionArn, InstanceArn } from '../core/arn.js'
import type { Binding } from '../core/binding.js'
import type { Millis } from '../core/clock.js'
import type { TaskStatus } from '../core/task-status.js'
import type { Container, Health, Task } from '../core/task.js'

export interface ModelledService {
  readonly cluster: ClusterArn
  readonly name: string
  /** `awsvpc` is Fargate here: an interface of its own and no instance. `bridge` is EC2: ports of its instance. */
  readonly network: 'awsvpc' | 'bridge'
  /** Whether a non-essential container runs beside the main one; it has a UDP port. */
  readonly sidecar: boolean
}

/** Where a task is placed. `release` gives its address and port back, to be used again. */
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

/** One task as it really is. */
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
    /** When it was created, by true time. */
    readonly created: Millis,
    /** The stamp of its present version. */
    public at: Millis,
  ) {
    this.lastStatus = lives[service.network][0]
  }

  get stopped(): boolean {
    return this.lastStatus === 'STOPPED'
  }

  /** Whether nothing happens to it by itself. */
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

  /** Goes on to the next status; a running task stays so until it is to stop. False if nothing changes. */
  advance(at: Millis): boolean {
    const life: readonly TaskStatus[] = lives[this.service.network]
    const next = life[life.indexOf(this.lastStatus) + 1]
    return !this.steady && next !== undefined && this.enter(next, at)
  }

  drain(at: Millis): boolean {
    if (this.desiredStatus === 'STOPPED') return false
    this.desiredStatus = 'STOPPED'
    // What never ran skips what follows running.
    if (this.lastStatus !== 'RUNNING') return this.enter('STOPPED', at)
    return this.touch(at)
  }

  /** Its essential container is gone. `whole`: the task has ended as well, and no event told the states between. */
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

  /** No event tells it and no version counts it. */
  flipHealth(): void {
    if (this.lastStatus === 'RUNNING') this.health = this.health === 'UNHEALTHY' ? 'HEALTHY' : 'UNHEALTHY'
  }

  /** What an event says of its present version. */
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

  /** The same version as an event that tells less: no interface before running, and the status that was before. */
  understated(): Task {
    const told = this.observed()
    if (this.lastStatus === 'ACTIVATING') return { ...told, interface: undefined }
    if (this.lastStatus !== 'RUNNING') return told
    return this.desiredStatus === 'RUNNING'
      ? { ...told, lastStatus: 'PENDING' }
      : { ...told, desiredStatus: 'RUNNING' }
  }

  /** What DescribeTasks says of it: its health too. */
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
