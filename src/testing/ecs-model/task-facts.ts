import type { Place } from './place.js'
import type { StopCause } from './stop-cause.js'

/** When things happened, in epoch milliseconds; a key is absent until they did. */
export type TaskTimes = Partial<
  Record<
    | 'connectivityAt'
    | 'pullStartedAt'
    | 'pullStoppedAt'
    | 'startedAt'
    | 'stoppingAt'
    | 'executionStoppedAt'
    | 'stoppedAt',
    number
  >
>

/** The elastic network interface of an awsvpc task. */
export interface InterfaceFacts {
  readonly attachmentId: string
  readonly loadBalancerAttachmentId: string
  readonly id: string
  readonly subnetId: string
  readonly macAddress: string
  readonly privateIp: string
  readonly ipv6: string | undefined
  readonly status: 'PRECREATED' | 'ATTACHED' | 'DELETED'
}

/** A port of a bridge container. Docker binds it for IPv4, and also for IPv6 if the machine has an address. */
export interface BindingFacts {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: 'tcp' | 'udp'
  readonly dualStack: boolean
}

export type HealthStatus = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'

export interface ContainerFacts {
  readonly arn: string
  readonly name: string
  readonly image: string
  readonly digest: string
  /** `undefined` until the image has been pulled. */
  readonly runtimeId: string | undefined
  readonly lastStatus: string
  readonly exitCode: number | undefined
  /** Why it ended; `undefined` for most. */
  readonly reason: string | undefined
  /** `undefined` if no port has been bound. Stays after the container has stopped. */
  readonly binding: BindingFacts | undefined
  /** Environment overrides, which ECS puts into events, and people put secrets into. */
  readonly overrides: Readonly<Record<string, string>>
  readonly health: HealthStatus
}

/** Everything about one version of a task that ECS writes into its events and its responses. Times are epoch milliseconds. */
export interface TaskFacts {
  readonly place: Place
  readonly arn: string
  readonly definitionArn: string
  readonly group: string
  readonly launchType: 'EC2' | 'EXTERNAL' | 'FARGATE' | 'MANAGED_INSTANCES'
  /** ARN of the container instance; `undefined` on Fargate. */
  readonly instanceArn: string | undefined
  readonly availabilityZone: string
  readonly startedBy: string
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly times: TaskTimes
  readonly lastStatus: string
  readonly desiredStatus: 'RUNNING' | 'STOPPED'
  readonly stopCause: StopCause | undefined
  readonly networkInterface: InterfaceFacts | undefined
  /** The event of this version shows no attachment and no address, though the task has them. */
  readonly attachmentsLost: boolean
  readonly containers: readonly ContainerFacts[]
  /** In responses only: a change of health causes no event. */
  readonly health: HealthStatus
}
