import type { ContainerExit } from './stop-cause.js'
import type { BindingFacts, ContainerFacts, HealthStatus } from './task-facts.js'
import type { SiteInstance } from './task-site.js'

/** A container of a task definition, as far as the life of a task depends on it. */
export interface ContainerSpec {
  readonly name: string
  readonly image: string
  readonly digest: string
  /** Whether its end is the end of the task. */
  readonly essential: boolean
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}

export interface TaskContainerOptions {
  readonly arn: string
  readonly runtimeId: string
  readonly spec: ContainerSpec
  /** The instance that it binds a port of, in network mode `bridge`. */
  readonly binds: SiteInstance | undefined
}

/** What its task knows about it. */
export interface ContainerSurroundings {
  readonly hasPulled: boolean
  readonly secret: string
  readonly health: HealthStatus
}

/** A container of a task. */
export class TaskContainer {
  readonly arn: string
  readonly runtimeId: string
  readonly spec: ContainerSpec
  hasStarted = false
  status: 'PENDING' | 'RUNNING' | 'STOPPED' = 'PENDING'
  /** Stays in the record after the port was released, as on AWS. */
  hostPort: number | undefined
  exitCode: number | undefined
  exitReason: string | undefined
  readonly #binds: SiteInstance | undefined

  constructor({ arn, runtimeId, spec, binds }: TaskContainerOptions) {
    this.arn = arn
    this.runtimeId = runtimeId
    this.spec = spec
    this.#binds = binds
  }

  start(): void {
    if (this.status !== 'PENDING') return
    this.hasStarted = true
    this.status = 'RUNNING'
    this.hostPort = this.#binds?.ports[this.spec.protocol].take()
  }

  /** How its process ends, before it is stopped. */
  exit({ code, reason }: ContainerExit): void {
    this.exitCode = code
    this.exitReason = reason
  }

  /** Docker frees the port when the container has exited, before ECS reports that the task has stopped. */
  stop(): void {
    if (this.status === 'STOPPED') return
    this.status = 'STOPPED'
    if (this.hasStarted) this.exitCode ??= 0
    if (this.hostPort !== undefined) this.#binds?.ports[this.spec.protocol].giveBack(this.hostPort)
  }

  facts({ hasPulled, secret, health }: ContainerSurroundings): ContainerFacts {
    const { name, image, digest, essential } = this.spec
    return {
      arn: this.arn,
      name,
      image,
      digest,
      runtimeId: hasPulled ? this.runtimeId : undefined,
      lastStatus: this.status,
      exitCode: this.exitCode,
      reason: this.exitReason,
      binding: this.#binding(),
      overrides: essential ? { SECRET_TOKEN: secret } : {},
      health: this.status === 'RUNNING' && essential ? health : 'UNKNOWN',
    }
  }

  #binding(): BindingFacts | undefined {
    if (this.#binds === undefined || this.hostPort === undefined) return undefined
    const { containerPort, protocol } = this.spec
    return { containerPort, hostPort: this.hostPort, protocol, dualStack: this.#binds.dualStack }
  }
}
