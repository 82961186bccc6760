export { type ContinuePausedOptions, continuePaused, type DriverNotice } from './continue-paused.js'
export {
  type EcsClients,
  type Priority,
  serviceDeployments,
  type ServiceDeploymentsOptions,
  type TokenBucket,
} from './service-deployments.js'
