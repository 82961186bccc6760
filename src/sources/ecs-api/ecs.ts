import { merge } from 'rxjs'
import type { Place } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { perPlace } from '../../shared/aws/aws-clients.js'
import { type InstanceClients, instanceClients } from './clients/instance-clients.js'
import { serviceDeployments } from './deployments/service-deployments.js'
import { taskHealth } from './health/task-health.js'
import { instanceAddresses } from './lookups/instance-addresses.js'
import { taskDefinitions } from './lookups/task-definitions.js'
import type { ListedTasks } from './snapshots/cluster-snapshot.js'
import { type EcsSnapshots, ecsSnapshots } from './snapshots/ecs-snapshots.js'
import { listed } from './snapshots/listed.js'

export type { EcsClients } from './clients/ecs-client.js'
export type { InstanceClients } from './clients/instance-clients.js'
export type { ListedTasks } from './snapshots/cluster-snapshot.js'
export type { EcsSnapshots } from './snapshots/ecs-snapshots.js'

export interface EcsOptions {
  /**
   * Names, ARNs, or name patterns such as `prod-*`, which stand for all clusters with matching names. Names and
   * patterns are looked up in the environment's account.
   */
  readonly clusters: readonly string[]
  /** The region of clusters given by name. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * Lists only the tasks of this service, this family, or both, and looks up nothing for others: for a policy that
   * exposes no others in a large cluster. All other tasks count as not running. Default: all tasks.
   */
  readonly only?: ListedTasks
  /**
   * Time from the end of one snapshot of a cluster to the beginning of the next, while nothing shows that events arrive,
   * and after one was lost. Default: 300,000 ms.
   */
  readonly intervalMs?: Millis
  /**
   * The longest time from one snapshot to the next: while events have told everything that snapshots would tell, the
   * interval doubles up to this. The same as `intervalMs`: the interval never changes. Default: four times `intervalMs`;
   * with `only`, `intervalMs`.
   */
  readonly longestIntervalMs?: Millis
  /**
   * The clients for an account and region, for all calls; called once for each. For a cluster given by name, the
   * account is empty, and the region is the option `region` or empty. Default: clients for that region with the
   * environment's credentials, which give access to their own account only; `clientsByAccount` assumes roles.
   */
  readonly clients?: (place: Place) => InstanceClients
  /** Default: `ecs`. */
  readonly name?: string
}

/**
 * Everything that the ECS API knows of clusters, as one source: whole snapshots (`ecsSnapshots`), the private addresses
 * of container instances (`instanceAddresses`), the task definitions that the policy needs (`taskDefinitions`), the
 * deployments of services, if the policy follows them (`serviceDeployments`), and the health of tasks that wait for it,
 * if health checks are required (`taskHealth`).
 * Beside it, a worker needs at most a source of events, such as `sqs`.
 *
 * Each part keeps its own pace, failures and refusals: see their docs. Notices name the operation that failed. Compose
 * the five yourself for their other options, such as public addresses.
 *
 * IAM: that of the five parts.
 *
 * @throws OptionError for an interval that is not positive.
 */
export const ecs = ({
  clusters,
  region,
  only,
  intervalMs = 300_000,
  longestIntervalMs,
  clients = instanceClients,
  name = 'ecs',
}: EcsOptions): EcsSnapshots => {
  // Shared, so that a snapshot and the lookups that follow it use the same connections.
  const shared = { clients: perPlace(clients) }
  const selection = only === undefined ? {} : { only: listed(only) }
  const snapshots = ecsSnapshots({
    ...shared,
    clusters,
    region,
    intervalMs,
    ...(longestIntervalMs === undefined ? {} : { longestIntervalMs }),
    ...(only === undefined ? {} : { only }),
  })
  const lookups = [
    instanceAddresses({ ...shared, ...selection }),
    taskDefinitions({ ...shared, ...selection }),
    serviceDeployments({ ...shared, ...selection }),
    taskHealth({ ...shared, ...selection }),
  ]
  return {
    ...snapshots,
    name,
    provides: lookups.flatMap(({ provides = [] }) => provides),
    deliveries: (context) => merge(...[...lookups, snapshots].map((source) => source.deliveries(context))),
  }
}
