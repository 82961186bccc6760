import type { Millis } from '../clock.js'
import type { ClusterState } from '../cluster-state.js'
import type { Desired } from '../desired.js'
import { defaultHealthChecks, type HealthChecks } from '../health-checks.js'
import { defaultHealthPolicy, type HealthPolicy } from '../health-policy.js'
import { defaultSkewAllowanceMs } from '../liveness.js'
import type { ProjectOptions } from '../project.js'
import type { ExplainedTarget } from './explained-target.js'

/** Everything that an explanation follows from. */
export interface ExplainedWorld {
  readonly state: ClusterState
  /** The options by which `desired` was projected from `state`. */
  readonly options: ProjectOptions
  readonly desired: Desired
  readonly targets: readonly ExplainedTarget[]
  /** The time of the answer. */
  readonly now: Millis
}

export interface ExplainedOptions extends ProjectOptions {
  readonly skewAllowanceMs: Millis
  readonly unhealthy: HealthPolicy
  readonly healthChecks: HealthChecks
}

/** The options with their defaults. */
export const optionsOf = ({ options }: Pick<ExplainedWorld, 'options'>): ExplainedOptions => ({
  ...options,
  skewAllowanceMs: options.skewAllowanceMs ?? defaultSkewAllowanceMs,
  unhealthy: options.unhealthy ?? defaultHealthPolicy,
  healthChecks: options.healthChecks ?? defaultHealthChecks,
})
