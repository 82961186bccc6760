/**
 * The stages of a deployment that ECS makes in stages. Source: Amazon ECS API reference, ServiceDeployment and
 * DeploymentConfiguration.
 */
export type DeploymentStage =
  | 'RECONCILE_SERVICE'
  | 'PRE_SCALE_UP'
  | 'SCALE_UP'
  | 'POST_SCALE_UP'
  | 'TEST_TRAFFIC_SHIFT'
  | 'POST_TEST_TRAFFIC_SHIFT'
  | 'PRE_PRODUCTION_TRAFFIC_SHIFT'
  | 'PRODUCTION_TRAFFIC_SHIFT'
  | 'POST_PRODUCTION_TRAFFIC_SHIFT'
  | 'BAKE_TIME'
  | 'CLEAN_UP'

export type StagedStrategy = 'BLUE_GREEN' | 'CANARY' | 'LINEAR'

/** How a service deploys in stages. */
export interface StagedDeployments {
  readonly strategy: StagedStrategy
  /** Percent of the production traffic: of the first step of `CANARY`, of each step of `LINEAR`. */
  readonly stepPercent: number
  /** The time after each step but the last. */
  readonly stepBakeMinutes: number
  /** The time in which both revisions run after the last step. */
  readonly bakeMinutes: number
}

/** One stage, once: canary and linear deployments enter two of them at every step. */
export interface Phase {
  readonly stage: DeploymentStage
  /** Percent of the production traffic that the new revision has. */
  readonly production: number
  /** Percent of the test traffic that the new revision has. */
  readonly test: number
  /** How long it lasts at least. */
  readonly minutes: number
}

/** The new revision's percentage after each step. Percentages are multiples of 0.1. */
const stepsOf = ({ strategy, stepPercent }: StagedDeployments): readonly number[] => {
  switch (strategy) {
    case 'BLUE_GREEN':
      return [100]
    case 'CANARY':
      return stepPercent < 100 ? [stepPercent, 100] : [100]
    case 'LINEAR':
      return Array.from({ length: Math.ceil(100 / stepPercent) }, (_, step) =>
        Math.min(100, Math.round((step + 1) * stepPercent * 10) / 10),
      )
  }
}

/** The phases of a deployment, in order. `reconciles`: the service runs more than one revision before it. */
export const phasesOf = (deployments: StagedDeployments, reconciles: boolean): readonly Phase[] => {
  const { stepBakeMinutes, bakeMinutes } = deployments
  const phase = (stage: DeploymentStage, production: number, test: number, minutes = 0): Phase => ({
    stage,
    production,
    test,
    minutes,
  })
  return [
    ...(reconciles ? [phase('RECONCILE_SERVICE', 0, 0)] : []),
    phase('PRE_SCALE_UP', 0, 0),
    phase('SCALE_UP', 0, 0),
    phase('POST_SCALE_UP', 0, 0),
    phase('TEST_TRAFFIC_SHIFT', 0, 100),
    phase('POST_TEST_TRAFFIC_SHIFT', 0, 100),
    ...stepsOf(deployments).flatMap((percent, step, steps) => [
      phase('PRE_PRODUCTION_TRAFFIC_SHIFT', steps[step - 1] ?? 0, 100),
      phase('PRODUCTION_TRAFFIC_SHIFT', percent, 100, percent < 100 ? stepBakeMinutes : 0),
    ]),
    phase('POST_PRODUCTION_TRAFFIC_SHIFT', 100, 100),
    phase('BAKE_TIME', 100, 100, bakeMinutes),
    phase('CLEAN_UP', 100, 100),
  ]
}
