import type { SimulatedDefinition } from './simulated-definition.js'
import type { SimulatedTask } from './simulated-task.js'

/**
 * Where the tasks of a service run, which decides where an address comes from:
 * `bridge` on EC2 with dynamic host ports, `external` the same on an `mi-…` machine of ECS Anywhere,
 * `awsvpc` on EC2 and `fargate` with a network interface of their own. `daemon`: a managed daemon of ECS Managed
 * Instances, which is no service and offers no port.
 */
export type Placement = 'bridge' | 'external' | 'awsvpc' | 'fargate' | 'daemon'

/** What a caller asks of a service. */
export interface ServiceSpec {
  readonly name: string
  readonly placement: Placement
  /** Tasks to keep running at the start; `scale` changes it. */
  readonly desiredCount: number
  /** TCP port of the primary container. Default 8080. */
  readonly containerPort?: number
  /** Adds a non-essential `statsd` container with a UDP port. Default false. */
  readonly sidecar?: boolean
  /** Gives network interfaces an IPv6 address too (`awsvpc` and `fargate`). Default false. */
  readonly dualStack?: boolean
  /** Docker labels of the primary container. */
  readonly dockerLabels?: Readonly<Record<string, string>>
  /** Environment of the primary container in its task definition (events never show it). */
  readonly environment?: Readonly<Record<string, string>>
}

/** The `group` of its tasks. */
export const groupOf = ({ name, placement }: ServiceSpec): string =>
  placement === 'daemon' ? `daemon:${name}` : `service:${name}`

/** A service as it is now. */
export interface SimulatedService {
  readonly name: string
  /** As the latest deployment changed it; its `desiredCount` is the one from the start. */
  spec: ServiceSpec
  desiredCount: number
  /** The revision that a deployment is, or was last, rolling out. */
  definition: SimulatedDefinition
  /** As `startedBy` names it; a new one for each deployment. */
  deployment: string
  /** Tasks that are meant to run (desiredStatus RUNNING), of any revision. */
  readonly wanted: Set<SimulatedTask>
}
