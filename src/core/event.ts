/**
 * What a source may claim. Events are made at the edge (see `decodeEvent` and the polling sources), and core never
 * sees raw JSON. No type here has a place for a task's environment overrides: they carry secrets, so they are dropped
 * before this point.
 */
import type { Task } from './task.js'

/** Milliseconds since the Unix epoch. */
export type Millis = number

/** `arn:aws:ecs:<region>:<account>:cluster/<name>` */
export type ClusterArn = string
/**
 * The long form, `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>`, also where AWS sent the short one: see
 * `longArn`.
 */
export type TaskArn = string
/** The long form, `arn:aws:ecs:<region>:<account>:container-instance/<cluster>/<id>`. */
export type InstanceArn = string
/** `arn:aws:ecs:<region>:<account>:task-definition/<family>:<revision>` */
export type DefinitionArn = string
/** Names one endpoint of one task: `<task ARN>#<container>:<container port>/<protocol>`. */
export type EndpointId = string

export type Protocol = 'tcp' | 'udp'

/** The addresses of a host: of an awsvpc task's own network interface, or of a container instance. */
export interface Addresses {
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}

/**
 * Port `containerPort` of a container is reached at `hostPort` of its host; a range of ports is `count` of them, in
 * step.
 */
export interface Binding {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: Protocol
  /** 1 but for a binding of a port range. */
  readonly count: number
}

/** What a task definition says of one container; only what some policy reads. */
export interface ContainerDefinition {
  readonly name: string
  /** Ports in the order of the definition. `hostPort` 0 means chosen when the task starts. */
  readonly ports: readonly Binding[]
  /** Docker labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Only variables named `SERVICE_…`, which are service discovery by convention; all others may be secrets. */
  readonly environment: Readonly<Record<string, string>>
}

export type NetworkMode = 'awsvpc' | 'bridge' | 'host' | 'none'

/** An immutable revision. */
export interface TaskDefinition {
  readonly arn: DefinitionArn
  readonly networkMode: NetworkMode
  readonly containers: readonly ContainerDefinition[]
}

export type ClusterEvent =
  /** From an ECS event or from DescribeTasks. */
  | { readonly _tag: 'TaskChanged'; readonly task: Task }
  /**
   * A whole snapshot of a cluster's tasks that should run; never sent if one page or call of it failed.
   * `at`: when it was *begun*, so that a task that started meanwhile is newer than it.
   */
  | {
      readonly _tag: 'TasksListed'
      readonly cluster: ClusterArn
      readonly at: Millis
      readonly tasks: readonly Task[]
    }
  | {
      readonly _tag: 'InstanceDescribed'
      readonly instance: InstanceArn
      readonly addresses: Addresses
      readonly at: Millis
    }
  | { readonly _tag: 'DefinitionDescribed'; readonly definition: TaskDefinition }
  | {
      readonly _tag: 'HealthObserved'
      readonly endpoint: EndpointId
      readonly healthy: boolean
      readonly at: Millis
    }
