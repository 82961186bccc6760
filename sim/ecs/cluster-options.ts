import type { ServiceSpec } from './service-spec.js'

export interface SimulatedClusterOptions {
  /** The same seed and the same calls give the same events, byte for byte (with the default clock). */
  readonly seed: number
  /** Default `eu-west-1`. */
  readonly region?: string
  /** Twelve digits. Default `123456789012`. */
  readonly account?: string
  /** Short name of the cluster. Default `default`, as on AWS. */
  readonly name?: string
  readonly services: readonly ServiceSpec[]
  /** The machines for bridge, external and EC2 awsvpc tasks. Default none. */
  readonly instances?: { readonly ec2?: number; readonly external?: number }
  /**
   * Whether the EC2 machines are Managed Instances that the account hides: DescribeInstances knows them only with
   * `IncludeManagedResources`. Default false.
   */
  readonly hidden?: boolean
  /** Now, in epoch milliseconds. Default: a simulated clock, which each `step` advances by less than a second. */
  readonly clock?: () => number
}
