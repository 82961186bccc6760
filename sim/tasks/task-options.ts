import type { HealthStatus } from '../../src/testing/ecs-model/task-facts.js'
import type { TaskStatus } from '../../src/testing/ecs-model/task-stages.js'
import type { Placement } from '../ecs/service-spec.js'

/** Another container of a task, which is not essential. */
export interface SidecarOptions {
  readonly name: string
  readonly port: number
  /** Default `tcp`. */
  readonly protocol?: 'tcp' | 'udp'
}

/**
 * A task, as far as a test cares. Nothing is random: the same options give the same task, with the same ids. All are
 * optional, and those that a test leaves out have plain defaults.
 */
export interface TaskOptions {
  /** Default `web`. It is also the name of the primary container and of the family. */
  readonly service?: string
  /** Which task of the service it is, from 1 to 65535: its ids and its default address derive from it. Default 1. */
  readonly task?: number
  /** Revision of the task definition. Default 1. */
  readonly revision?: number
  /** Short name. Default `default`, as on AWS. */
  readonly cluster?: string
  /** Default `eu-west-1`. */
  readonly region?: string
  /** Twelve digits. Default `123456789012`. */
  readonly account?: string
  /** Where it runs, which determines where its address comes from. Default `fargate`. */
  readonly placement?: Exclude<Placement, 'daemon'>
  /** IPv4 address of its network interface (`fargate`, `awsvpc`). Default: `10.0.0.<task>`, with a carry after 255. */
  readonly address?: string
  /** IPv6 address of its network interface. Default none. */
  readonly ipv6?: string
  /** TCP port of the primary container. Default 8080. */
  readonly port?: number
  /** The host port that Docker binds for it (`bridge`, `external`), and the next ones for sidecars. Default 32768. */
  readonly hostPort?: number
  /** Id of the container instance (all but `fargate`), the last part of its ARN. Default: one for the whole cluster. */
  readonly instance?: string
  /** Containers beside the primary one. Default none. */
  readonly sidecars?: readonly SidecarOptions[]
  /** What its health check says while it runs. Only descriptions contain it. Default `UNKNOWN`. */
  readonly health?: HealthStatus
  /** When it was created, in epoch milliseconds; each version is a second later. Default: 2026-01-01T00:00:00Z. */
  readonly createdAt?: number
}

/** One moment of a task's life. */
export interface TaskMomentOptions extends TaskOptions {
  /** Default `RUNNING`. On an instance's own network (`bridge`, `external`), a task has only PENDING, RUNNING, STOPPED. */
  readonly lastStatus?: TaskStatus
  /** Default: RUNNING until the task runs, STOPPED after it. RUNNING with STOPPED is a task that drains. */
  readonly desiredStatus?: 'RUNNING' | 'STOPPED'
  /** Default: the version that this moment has in the life of the task, which begins with 1. */
  readonly version?: number
}
