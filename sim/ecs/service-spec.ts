import type {
  DeploymentStage,
  StagedDeployments,
  StagedStrategy,
} from '../../src/testing/ecs-model/deployment-phases.js'

/**
 * Where the tasks of a service run. This determines where their address comes from:
 * `bridge` on EC2 with dynamic host ports, `external` the same on an `mi-…` machine of ECS Anywhere,
 * `awsvpc` on EC2 and `fargate` with a network interface of their own. `daemon`: a managed daemon of ECS Managed
 * Instances, which is not a service and exposes no port.
 */
export type Placement = 'bridge' | 'external' | 'awsvpc' | 'fargate' | 'daemon'

/** A hook of type PAUSE: the deployment waits until somebody continues it. */
export interface PauseSpec {
  /** All stages that the API allows a pause in. */
  readonly stages: readonly Exclude<
    DeploymentStage,
    'SCALE_UP' | 'TEST_TRAFFIC_SHIFT' | 'PRODUCTION_TRAFFIC_SHIFT' | 'BAKE_TIME' | 'CLEAN_UP'
  >[]
  /** Default: 1440, a day. */
  readonly timeoutMinutes?: number
  /** What happens then. Default: `ROLLBACK`. */
  readonly timeoutAction?: HookAction
}

/** What ends a pause. */
export type HookAction = 'CONTINUE' | 'ROLLBACK'

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
  /** Gives the primary container a health check: its tasks are UNKNOWN until `checkHealth`. Default false. */
  readonly healthCheck?: boolean
  /** Also gives network interfaces an IPv6 address (`awsvpc` and `fargate`). Default false. */
  readonly dualStack?: boolean
  /** How it deploys. Default `ROLLING`. */
  readonly strategy?: 'ROLLING' | StagedStrategy
  /** Percent of the traffic: of the first step of `CANARY` (default 5), of each step of `LINEAR` (default 10). */
  readonly stepPercent?: number
  /** The time after each step but the last. Default 10 for `CANARY`, 6 for `LINEAR`. */
  readonly stepBakeMinutes?: number
  /** How long both revisions run after the traffic has been shifted. Default 5. */
  readonly bakeMinutes?: number
  /** Pauses of deployments in stages. Default none. */
  readonly pauses?: readonly PauseSpec[]
  /** Docker labels of the primary container. */
  readonly dockerLabels?: Readonly<Record<string, string>>
  /** The environment of the primary container in its task definition. Events never contain it. */
  readonly environment?: Readonly<Record<string, string>>
}

/** What a deployment may change. The other options of a service are fixed. */
export type DeploymentChange = Partial<
  Pick<
    ServiceSpec,
    | 'containerPort'
    | 'dockerLabels'
    | 'environment'
    | 'sidecar'
    | 'strategy'
    | 'stepPercent'
    | 'stepBakeMinutes'
    | 'bakeMinutes'
    | 'pauses'
  >
>

/** The `group` of its tasks. */
export const groupOf = ({ name, placement }: ServiceSpec): string =>
  placement === 'daemon' ? `daemon:${name}` : `service:${name}`

/** How the service deploys in stages; `undefined` if it deploys by rolling. */
export const stagedDeployments = ({
  strategy = 'ROLLING',
  stepPercent,
  stepBakeMinutes,
  bakeMinutes = 5,
}: ServiceSpec): StagedDeployments | undefined => {
  switch (strategy) {
    case 'ROLLING':
      return undefined
    case 'BLUE_GREEN':
      return { strategy, stepPercent: 100, stepBakeMinutes: 0, bakeMinutes }
    case 'CANARY':
      return { strategy, stepPercent: stepPercent ?? 5, stepBakeMinutes: stepBakeMinutes ?? 10, bakeMinutes }
    case 'LINEAR':
      return { strategy, stepPercent: stepPercent ?? 10, stepBakeMinutes: stepBakeMinutes ?? 6, bakeMinutes }
  }
}
