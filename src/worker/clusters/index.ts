/** Shared by the workers that follow clusters: `ecs-task-stream/worker/clusters`. */
export { backendName, checkBackendName, serviceName } from '../settings/backend-name.js'
export { clusterName } from './cluster-name.js'
export { checkClusters, clusterSettings, type ClusterSettings, followed } from './cluster-settings.js'
export { queue, snapshots } from './cluster-sources.js'
export type { JournalLocation } from './journal-location.js'
export { journalSettings, type JournalSettings, sharedJournal } from './journal-settings.js'
export { queueUrl } from './queue-url.js'
export { regionName } from './region-name.js'
export { checkRoles, clusterClients, roleSettings, type RoleSettings } from './role-settings.js'
export type { EcsClients } from '../../sources/ecs-api/clients/ecs-client.js'
export type { InstanceClients } from '../../sources/ecs-api/clients/instance-clients.js'
export {
  checkDeployments,
  deploymentSettings,
  type DeploymentSettings,
  type FollowedDeployments,
  followedDeployments,
} from './deployment-settings.js'
export {
  healthCheckSettings,
  type HealthCheckSettings,
  type HealthQuestions,
  healthQuestions,
} from './health-check-settings.js'
export { healthProbes, healthSettings, type HealthSettings } from './health-settings.js'
export { slowStart, slowStartSettings } from './slow-start-settings.js'
export { checkServed, patience } from './served-settings.js'
export type { Priority, TokenBucket } from '../../shared/aws/token-bucket.js'
export type { ListedTasks } from '../../sources/ecs-api/snapshots/cluster-snapshot.js'
export type { EcsSnapshotsOptions } from '../../sources/ecs-api/snapshots/ecs-snapshots.js'
