/**
 * Where the tasks of a service run. This determines where their address comes from:
 * `bridge` on EC2 with dynamic host ports, `external` the same on an `mi-…` machine of ECS Anywhere,
 * `awsvpc` on EC2 and `fargate` with a network interface of their own. `daemon`: a managed daemon of ECS Managed
 * Instances, which is not a service and exposes no port.
 */
export type Placement = 'bridge' | 'external' | 'awsvpc' | 'fargate' | 'daemon'

/** The options of a service. */
export interface ServiceSpec {
  readonly name: string
  readonly placement: Placement
  /** The number of tasks at the start; `scale` changes it. */
  readonly desiredCount: number
  /** TCP port of the primary container. Default 8080. */
  readonly containerPort?: number
  /** Adds a non-essential `statsd` container with a UDP port. Default false. */
  readonly sidecar?: boolean
  /** Also gives network interfaces an IPv6 address (`awsvpc` and `fargate`). Default false. */
  readonly dualStack?: boolean
  /** Docker labels of the primary container. */
  readonly dockerLabels?: Readonly<Record<string, string>>
  /** The environment of the primary container in its task definition. Events never contain it. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The `group` of its tasks. */
export const groupOf = ({ name, placement }: ServiceSpec): string =>
  placement === 'daemon' ? `daemon:${name}` : `service:${name}`
