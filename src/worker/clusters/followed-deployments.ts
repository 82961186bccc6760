import type { Place } from '../../core/arn.js'
import type { BackendName, Exposable, Policy } from '../../core/policy.js'
import type { Source } from '../../core/source.js'
import { deployments as following } from '../../policies/deployments.js'
import { continuePaused } from '../../sources/ecs-api/deployments/continue-paused.js'
import { serviceDeployments } from '../../sources/ecs-api/deployments/service-deployments.js'
import type { EcsClients } from '../../sources/ecs-api/clients/ecs-client.js'
import { logDriverNotice } from '../observability/driver-log.js'
import type { Composition } from '../runner/composition.js'
import type { DeploymentSettings } from './deployment-settings.js'

export interface FollowedDeployments {
  readonly expose: Policy
  /** The worker's other lookups. */
  readonly lookups: readonly Source[]
  readonly clients: (place: Place) => EcsClients
  /** Asks only about the services of these tasks. Default: all. */
  readonly only?: (task: Exposable) => boolean
  /** As for `deployments` in policies. Default: `<name>-test`. */
  readonly testBackend?: (backend: BackendName) => BackendName
}

/** Continues paused deployments, and logs it. */
const driver =
  (clients: FollowedDeployments['clients']): NonNullable<Composition['drive']> =>
  ({ worker, sinks, logger, clock }) =>
    continuePaused(worker, { clients, sinks, clock, notify: (notice) => logDriverNotice(logger, notice) })

/** The policy and the lookups of a composition, and whether paused deployments are continued. */
export const followedDeployments = (
  { deployments, continuePaused: continues }: DeploymentSettings,
  { expose, lookups, clients, only, testBackend }: FollowedDeployments,
): Pick<Composition, 'expose' | 'lookups' | 'drive'> =>
  deployments === 'ignore'
    ? { expose, lookups }
    : {
        expose: following(expose, testBackend === undefined ? {} : { testBackend }),
        lookups: [...lookups, serviceDeployments({ clients, ...(only === undefined ? {} : { only }) })],
        ...(continues ? { drive: driver(clients) } : {}),
      }
