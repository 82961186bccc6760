import type { ServiceSpec } from './service-spec.js'
import type { SimulatedDefinition } from './simulated-definition.js'

/** The current state of a service. */
export interface SimulatedService {
  readonly name: string
  /** As the latest deployment changed it, but with the `desiredCount` from the start. */
  spec: ServiceSpec
  desiredCount: number
  /** The revision of the current or latest deployment. */
  definition: SimulatedDefinition
  /** The `startedBy` of its tasks; each deployment has a new one. */
  deployment: string
}
