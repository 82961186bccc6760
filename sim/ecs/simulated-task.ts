import type { NetworkInterface } from './network-interface.js'
import { containerArn, type Place, taskArn } from '../../src/testing/ecs-json/place.js'
import type { Random } from '../prng.js'
import type { ContainerSpec, SimulatedDefinition } from './simulated-definition.js'
import type { SimulatedInstance } from './simulated-instance.js'
import type { SimulatedRevision } from './simulated-revision.js'
import type { SimulatedService } from './simulated-service.js'
import type { HealthStatus, StopCause, TaskTimes } from '../../src/testing/ecs-json/task-facts.js'

/** The states of the task lifecycle in the ECS Developer Guide. */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'

/**
 * A transition of a task: to the next status, or a change that keeps the status and still has a new version.
 */
type Stage = Exclude<TaskStatus, 'PROVISIONING'> | 'pulled' | 'attachments lost' | 'draining'

/** A container of a task. */
export interface SimulatedContainer {
  readonly arn: string
  readonly runtimeId: string
  readonly spec: ContainerSpec
  status: 'PENDING' | 'RUNNING' | 'STOPPED'
  /** Of a bridge container. It stays in the record after the port was released, as on AWS. */
  hostPort: number | undefined
  exitCode: number | undefined
}

/** Where a task is placed: on a machine, on its own network interface, or (awsvpc on EC2) both. */
export interface TaskSite {
  readonly place: Place
  readonly instance: SimulatedInstance | undefined
  readonly networkInterface: NetworkInterface | undefined
  readonly availabilityZone: string
}

/**
 * A task. Each of `advance`, `stop`, `crash` and `exitSidecar` is one lifecycle transition. It changes the visible state
 * and the version together, so two different states of a task never have the same version.
 */
export class SimulatedTask {
  readonly id: string
  readonly arn: string
  readonly definition: SimulatedDefinition
  readonly containers: readonly SimulatedContainer[]
  readonly startedBy: string
  readonly secret: string
  readonly createdAt: number
  readonly times: TaskTimes = {}
  lastStatus: TaskStatus
  desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'
  version = 1
  updatedAt: number
  stopCause: StopCause | undefined
  /** What the health check found last. A change is no transition: it has no event and no version. */
  health: HealthStatus
  /** The event of the current version contains no attachment and no address, although the task has them. */
  attachmentsLost = false
  #ahead: Stage[]

  constructor(
    readonly service: SimulatedService,
    readonly revision: SimulatedRevision,
    readonly site: TaskSite,
    /** The launch number within the cluster: a stable order for listings. */
    readonly ordinal: number,
    now: number,
    random: Random,
  ) {
    this.id = random.hex(32)
    this.arn = taskArn(site.place, this.id)
    this.definition = revision.definition
    this.startedBy = revision.startedBy
    this.secret = random.hex(24)
    this.health = this.definition.containers.some(({ healthCheck }) => healthCheck) ? 'UNKNOWN' : 'HEALTHY'
    this.createdAt = now
    this.updatedAt = now
    this.containers = this.definition.containers.map((spec) => ({
      arn: containerArn(site.place, this.id, random.uuid()),
      runtimeId: site.instance === undefined ? `${this.id}-${random.int(1e9)}` : random.hex(64),
      spec,
      status: 'PENDING',
      hostPort: undefined,
      exitCode: undefined,
    }))
    if (site.networkInterface === undefined) {
      this.lastStatus = 'PENDING'
      this.#ahead = ['RUNNING']
    } else {
      this.lastStatus = 'PROVISIONING'
      this.#ahead = [
        'PENDING',
        ...(random.chance(0.5) ? (['pulled'] as const) : []),
        'ACTIVATING',
        ...(random.chance(0.15) ? (['attachments lost'] as const) : []),
        'RUNNING',
      ]
    }
    site.instance?.tasks.add(this)
  }

  /** Whether another transition follows. Otherwise, only an operation changes the task. */
  get isMoving(): boolean {
    return this.#ahead.length > 0
  }

  /** The `host:port` at which the primary container is reachable now, if it is. Undefined for a daemon. */
  get endpoint(): string | undefined {
    const primary = this.containers[0]!
    const live =
      this.lastStatus === 'RUNNING' && this.desiredStatus === 'RUNNING' && primary.status === 'RUNNING'
    if (!live) return undefined
    if (this.site.networkInterface !== undefined) {
      return `${this.site.networkInterface.privateIp}:${primary.spec.containerPort}`
    }
    return primary.hostPort === undefined ? undefined : `${this.site.instance!.privateIp}:${primary.hostPort}`
  }

  /** Performs the next transition. */
  advance(now: number): void {
    const [stage, ...rest] = this.#ahead
    if (stage === undefined) throw new Error(`no transition lies ahead of task ${this.id}`)
    this.#enter(stage, now)
    this.#ahead = rest
  }

  /** Requests the task to stop. It may still be RUNNING (draining), with desiredStatus STOPPED. */
  stop(cause: StopCause, now: number, random: Random): void {
    if (this.site.networkInterface === undefined) {
      this.#end(cause, ['draining', 'STOPPED'], now)
    } else if (this.lastStatus !== 'RUNNING') {
      this.#end(cause, ['DEPROVISIONING', 'STOPPED'], now)
    } else {
      const drains = random.chance(0.5) ? (['draining'] as const) : []
      this.#end(cause, [...drains, 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'], now)
    }
  }

  /** The essential container exits. The task stops without the steps of an orderly stop. */
  crash(now: number): void {
    this.containers[0]!.exitCode = 137
    const path: readonly Stage[] =
      this.site.networkInterface === undefined ? ['STOPPED'] : ['DEPROVISIONING', 'STOPPED']
    this.#end({ code: 'EssentialContainerExited', reason: 'Essential container in task exited' }, path, now)
  }

  /** The sidecar exits, and the task continues. Returns false if there is no running sidecar. */
  exitSidecar(now: number): boolean {
    const sidecar = this.containers.find(({ spec, status }) => !spec.essential && status === 'RUNNING')
    if (sidecar === undefined) return false
    this.#stopContainer(sidecar)
    this.#touch(now)
    return true
  }

  #end(cause: StopCause, path: readonly Stage[], now: number): void {
    this.desiredStatus = 'STOPPED'
    this.stopCause = cause
    this.times.stoppingAt = now
    this.#ahead = [...path]
    this.advance(now)
  }

  #enter(stage: Stage, now: number): void {
    this.#touch(now)
    const at = this.updatedAt
    this.attachmentsLost = stage === 'attachments lost'
    if (stage !== 'pulled' && stage !== 'attachments lost' && stage !== 'draining') this.lastStatus = stage
    switch (stage) {
      case 'PENDING':
        this.site.networkInterface!.status = 'ATTACHED'
        return
      case 'pulled':
        this.#pulled(at)
        return
      case 'ACTIVATING':
        this.#pulled(at)
        this.#startContainers()
        return
      case 'attachments lost':
        this.times.connectivityAt = at
        return
      case 'RUNNING':
        this.#pulled(at)
        this.#startContainers()
        this.times.connectivityAt ??= at
        this.times.startedAt = at
        return
      case 'draining':
      case 'DEACTIVATING':
      case 'STOPPING':
        return
      case 'DEPROVISIONING':
        this.#stopContainers(at)
        return
      case 'STOPPED':
        this.#stopContainers(at)
        this.times.stoppedAt = at
        if (this.site.networkInterface !== undefined) this.site.networkInterface.status = 'DELETED'
        this.site.instance?.tasks.delete(this)
        return
    }
  }

  /** Each version has a later time: even with a coarse clock, no two versions have the same updatedAt. */
  #touch(now: number): void {
    this.version += 1
    this.updatedAt = Math.max(now, this.updatedAt + 1)
  }

  #pulled(at: number): void {
    this.times.pullStartedAt ??= at - 1
    this.times.pullStoppedAt ??= at
  }

  #startContainers(): void {
    for (const container of this.containers) {
      if (container.status !== 'PENDING') continue
      container.status = 'RUNNING'
      if (this.definition.networkMode === 'bridge') {
        container.hostPort = this.site.instance!.ports[container.spec.protocol].take()
      }
    }
  }

  #stopContainers(at: number): void {
    this.times.executionStoppedAt ??= at
    for (const container of this.containers) this.#stopContainer(container)
  }

  /** Docker frees the port when the container has exited, before ECS reports that the task has stopped. */
  #stopContainer(container: SimulatedContainer): void {
    if (container.status === 'STOPPED') return
    container.status = 'STOPPED'
    container.exitCode ??= 0
    if (container.hostPort !== undefined) {
      this.site.instance!.ports[container.spec.protocol].giveBack(container.hostPort)
    }
  }
}
