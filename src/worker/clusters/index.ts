/**
 * The settings shared by the workers that follow clusters: `ecs-task-stream/worker/clusters`. It loads no SDK client, so
 * that `--help` is fast; the parts that these settings make are in `ecs-task-stream/worker/clusters/sources`.
 */
export { backendName, checkBackendName, serviceName } from '../settings/backend-name.js'
export { clusterName } from './cluster-name.js'
export { checkClusters, clusterSettings, type ClusterSettings, followed } from './cluster-settings.js'
export type { JournalLocation } from './journal-location.js'
export { journalSettings, type JournalSettings, sharedJournal } from './journal-settings.js'
export { queueUrl } from './queue-url.js'
export { regionName } from './region-name.js'
export { checkRoles, roleSettings, type RoleSettings } from './role-settings.js'
export { checkDeployments, deploymentSettings, type DeploymentSettings } from './deployment-settings.js'
export { defineTarget, type TargetDefinition } from './define-target.js'
export { healthCheckSettings, type HealthCheckSettings } from './health-check-settings.js'
export { healthSettings, type HealthSettings } from './health-settings.js'
export { slowStart, slowStartSettings } from './slow-start-settings.js'
export { checkServed, patience } from './served-settings.js'
