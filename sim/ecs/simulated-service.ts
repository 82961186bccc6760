import type { ServiceSpec } from './service-spec.js'
import type { SimulatedDefinition } from './simulated-definition.js'

/** A service as it is now. */
export interface SimulatedService {
  readonly name: string
  /** As the latest deployment changed it; its `desiredCount` is the one from the start. */
  spec: ServiceSpec
  desiredCount: number
  /** The revision that a deployment is, or was last, rolling out. */
  definition: SimulatedDefinition
  /** As `startedBy` names it; a new one for each deployment. */
  deployment: string
}
