/**
 * The sources and clients of the workers that follow clusters, from their settings:
 * `ecs-task-stream/worker/clusters/sources`. It loads SDK clients, so a worker imports it in `compose`.
 */
export { clusterClients } from './cluster-clients.js'
export { queue, snapshots } from './cluster-sources.js'
export { type FollowedDeployments, followedDeployments } from './followed-deployments.js'
export { healthProbes } from './health-probes.js'
export { type HealthQuestions, healthQuestions } from './health-questions.js'
export type { EcsClients } from '../../sources/ecs-api/clients/ecs-client.js'
export type { InstanceClients } from '../../sources/ecs-api/clients/instance-clients.js'
export type { Priority, TokenBucket } from '../../shared/aws/token-bucket.js'
export type { ListedTasks } from '../../sources/ecs-api/snapshots/cluster-snapshot.js'
export type { EcsSnapshotsOptions } from '../../sources/ecs-api/snapshots/ecs-snapshots.js'
