import type { ServiceSpec } from './service-spec.js'
import type { SimulatedDeployment } from './simulated-deployment.js'

/** The current state of a service. */
export interface SimulatedService {
  readonly name: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** As the latest deployment changed it, but with the `desiredCount` from the start. */
  spec: ServiceSpec
  desiredCount: number
  /** The newest deployment, in progress or ended. */
  current: SimulatedDeployment
  /** All of its deployments, the oldest first. */
  readonly deployments: SimulatedDeployment[]
}
