import type { Source } from '../../src/core/source.js'
import type { InstanceClients } from '../../src/sources/ecs-api/clients/instance-clients.js'
import { serviceDeployments } from '../../src/sources/ecs-api/deployments/service-deployments.js'
import { ecs } from '../../src/sources/ecs-api/ecs.js'
import { instanceAddresses } from '../../src/sources/ecs-api/lookups/instance-addresses.js'
import { taskDefinitions } from '../../src/sources/ecs-api/lookups/task-definitions.js'
import { clusterIdentities } from '../../src/sources/ecs-api/snapshots/cluster-identities.js'
import type { Scenario } from './scenario.js'

/** What a worker asks ECS for: without snapshots only what events leave open, as with `RESYNC_SECONDS=0`. */
export const askedSources = (
  { hasSnapshots, snapshotMs, longestSnapshotMs }: Scenario,
  clusters: readonly string[],
  asked: InstanceClients,
): readonly Source[] => {
  const clients = () => asked
  return hasSnapshots
    ? [ecs({ clusters, clients, intervalMs: snapshotMs, longestIntervalMs: longestSnapshotMs })]
    : [
        clusterIdentities({ clusters, clients }),
        instanceAddresses({ clients }),
        taskDefinitions({ clients }),
        serviceDeployments({ clients }),
      ]
}
