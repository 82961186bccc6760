import type { SimulatedDefinition } from './simulated-definition.js'

/** A revision of a service: what one deployment rolls out. Immutable, as on AWS. */
export interface SimulatedRevision {
  readonly arn: string
  readonly definition: SimulatedDefinition
  /** `ecs-svc/<id>`: the `startedBy` of its tasks, and the `id` of its entry in `deployments` of DescribeServices. */
  readonly startedBy: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** A revision with its percentages of the traffic. */
export interface WeightedRevision {
  readonly revision: SimulatedRevision
  readonly production: number
  readonly test: number
}
