import { taskArn } from './place.js'
import {
  type ContainerExit,
  essentialExited,
  failedToStart,
  noImage,
  outOfMemory,
  type StopCause,
} from './stop-cause.js'
import { TaskContainer } from './task-container.js'
import type { HealthStatus, InterfaceFacts, TaskFacts, TaskTimes } from './task-facts.js'
import type { TaskOrigin } from './task-origin.js'
import type { TaskSite } from './task-site.js'
import { stagesOfCrash, stagesToRun, stagesToStop, type TaskStage, type TaskStatus } from './task-stages.js'

/**
 * The life of a task: the one model of it, for histories and for the simulation. Each of `advance`, `stop`, `crash` and
 * `exitSidecar` is one transition. It changes the visible state and the version together, so two different states of a
 * task never have the same version.
 *
 * Only what the two choose differently is not here: which task makes the next transition, where it runs, and how right
 * its stamp is (`at`, in epoch milliseconds). The operations of a history choose them, so that histories shrink, and a
 * stamp may be earlier than the one before. The simulation draws them at random, and a service scheduler keeps its tasks.
 */
export class TaskLife<Site extends TaskSite = TaskSite> {
  readonly id: string
  readonly arn: string
  readonly site: Site
  readonly startedBy: string
  readonly createdAt: number
  readonly containers: readonly TaskContainer[]
  readonly times: TaskTimes = {}
  lastStatus: TaskStatus
  desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'
  version = 1
  updatedAt: number
  stopCause: StopCause | undefined
  /** What the health check found last. A change is no transition: it has no event and no version. */
  health: HealthStatus
  readonly #origin: TaskOrigin<Site>
  /** The event of the current version contains no attachment and no address, although the task has them. */
  #attachmentsLost = false
  #interfaceStatus: InterfaceFacts['status'] = 'PRECREATED'
  #ahead: readonly TaskStage[]

  constructor(origin: TaskOrigin<Site>) {
    const { id, site, definition, containers, variations } = origin
    this.#origin = origin
    this.id = id
    this.arn = taskArn(site.place, id)
    this.site = site
    this.startedBy = origin.startedBy
    this.health = origin.health
    this.createdAt = origin.createdAt
    this.updatedAt = origin.createdAt
    const binds = definition.networkMode === 'bridge' ? site.instance : undefined
    this.containers = containers.map((container) => new TaskContainer({ ...container, binds }))
    this.lastStatus = this.#hasInterface ? 'PROVISIONING' : 'PENDING'
    this.#ahead = stagesToRun(this.#hasInterface, variations)
  }

  /** Whether another transition follows. Otherwise, only an operation changes the task. */
  get isMoving(): boolean {
    return this.#ahead.length > 0
  }

  get hasStopped(): boolean {
    return this.lastStatus === 'STOPPED'
  }

  /** The `host:port` at which the essential container is reachable now, if it is. Undefined for a daemon. */
  get endpoint(): string | undefined {
    const [primary] = this.containers
    const { networkInterface, instance } = this.site
    if (this.lastStatus !== 'RUNNING' || this.desiredStatus !== 'RUNNING') return undefined
    if (primary?.status !== 'RUNNING') return undefined
    if (networkInterface !== undefined) return `${networkInterface.privateIp}:${primary.spec.containerPort}`
    if (instance === undefined || primary.hostPort === undefined) return undefined
    return `${instance.privateIp}:${primary.hostPort}`
  }

  /** Performs the next transition. */
  advance(at: number): void {
    const [stage, ...rest] = this.#ahead
    if (stage === undefined) throw new Error(`no transition lies ahead of task ${this.id}`)
    this.#touch(at)
    this.#enter(stage, at)
    this.#ahead = rest
  }

  /** Requests the task to stop. It may still be RUNNING (draining), with desiredStatus STOPPED. */
  stop(cause: StopCause, at: number): void {
    this.#end(cause, stagesToStop(this.#hasInterface, this.lastStatus, this.#origin.variations), at)
  }

  /**
   * The essential container exits, or cannot be started if it never was, and the task stops without the steps of an
   * orderly stop. `whole`: it has stopped before ECS saw any step.
   */
  crash(at: number, whole = false, exit: ContainerExit = outOfMemory): void {
    const [primary] = this.containers
    const hasStarted = primary?.hasStarted === true
    primary?.exit(hasStarted ? exit : noImage)
    this.#end(hasStarted ? essentialExited : failedToStart, stagesOfCrash(this.#hasInterface, whole), at)
  }

  /** The sidecar exits, and the task continues. Returns false if there is no running sidecar. */
  exitSidecar(at: number): boolean {
    const sidecar = this.containers.find(({ spec, status }) => !spec.essential && status === 'RUNNING')
    if (sidecar === undefined) return false
    sidecar.stop()
    this.#touch(at)
    return true
  }

  /** What ECS writes about the current version. */
  facts(): TaskFacts {
    const { definition, group, secret } = this.#origin
    const { place, instance, networkInterface, availabilityZone } = this.site
    return {
      place,
      arn: this.arn,
      definitionArn: definition.arn,
      group,
      launchType: definition.launchType,
      instanceArn: instance?.arn,
      availabilityZone,
      startedBy: this.startedBy,
      version: this.version,
      createdAt: this.createdAt,
      updatedAt: this.updatedAt,
      times: this.times,
      lastStatus: this.lastStatus,
      desiredStatus: this.desiredStatus,
      stopCause: this.stopCause,
      networkInterface: networkInterface && { ...networkInterface, status: this.#interfaceStatus },
      attachmentsLost: this.#attachmentsLost,
      containers: this.containers.map((container) =>
        container.facts({
          hasPulled: this.times.pullStoppedAt !== undefined,
          secret,
          health: this.health,
        }),
      ),
      health: this.lastStatus === 'RUNNING' ? this.health : 'UNKNOWN',
    }
  }

  get #hasInterface(): boolean {
    return this.site.networkInterface !== undefined
  }

  #touch(at: number): void {
    this.version += 1
    this.updatedAt = at
  }

  /** The first cause counts. */
  #end(cause: StopCause, stages: readonly TaskStage[], at: number): void {
    this.desiredStatus = 'STOPPED'
    this.stopCause ??= cause
    this.times.stoppingAt ??= at
    this.#ahead = stages
    this.advance(at)
  }

  #enter(stage: TaskStage, at: number): void {
    this.#attachmentsLost = stage === 'attachments lost'
    if (stage !== 'pulled' && stage !== 'attachments lost' && stage !== 'draining') this.lastStatus = stage
    switch (stage) {
      case 'PENDING':
        this.#interfaceStatus = 'ATTACHED'
        return
      case 'pulled':
        this.#pulled(at)
        return
      case 'ACTIVATING':
        this.#startContainers(at)
        return
      case 'attachments lost':
        this.times.connectivityAt = at
        return
      case 'RUNNING':
        this.#startContainers(at)
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
        this.#interfaceStatus = 'DELETED'
        return
    }
  }

  #pulled(at: number): void {
    this.times.pullStartedAt ??= at - 1
    this.times.pullStoppedAt ??= at
  }

  #startContainers(at: number): void {
    this.#pulled(at)
    for (const container of this.containers) container.start()
  }

  #stopContainers(at: number): void {
    this.times.executionStoppedAt ??= at
    for (const container of this.containers) container.stop()
  }
}
