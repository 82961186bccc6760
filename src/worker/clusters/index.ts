/** What the workers that follow clusters have in common: `ecs-task-stream/worker/clusters`. */
export { backendName, checkBackendName, serviceName } from '../backend-name.js'
export { checkClusters, clusterSettings, type ClusterSettings, followed } from './cluster-settings.js'
export { queue, snapshots } from './cluster-sources.js'
export { healthProbes, healthSettings } from './health-settings.js'
export { checkServed, patience } from './served-settings.js'
