import { clusterArn, type Place, serviceArn } from '../../src/testing/ecs-model/place.js'
import { type ServiceSpec, stagedDeployments } from './service-spec.js'
import type { PauseHook } from './deployment-pauses.js'
import type { SimulatedDeployment } from './simulated-deployment.js'
import type { SimulatedRevision, WeightedRevision } from './simulated-revision.js'

type Json = Readonly<Record<string, unknown>>

/** How many tasks of a revision there are. */
export interface TaskCounts {
  readonly requested: number
  readonly running: number
  readonly pending: number
}

export type CountTasks = (revision: SimulatedRevision) => TaskCounts

/** The counts of a revision in a list of revisions. */
export const revisionCounts = (revision: SimulatedRevision, count: CountTasks): Json => {
  const { requested, running, pending } = count(revision)
  return {
    arn: revision.arn,
    requestedTaskCount: requested,
    runningTaskCount: running,
    pendingTaskCount: pending,
  }
}

/** A service deployment as DescribeServiceDeployments writes it on the wire: dates are seconds with a fraction. */
export const deploymentDescription = (
  deployment: SimulatedDeployment,
  place: Place,
  count: CountTasks,
): Json => {
  const { spec, updatedAt, stage, hooks, rollback, isStaged, weights } = deployment
  const summary = ({ revision, production, test }: WeightedRevision): Json => ({
    ...revisionCounts(revision, count),
    ...(isStaged && { requestedProductionTrafficWeight: production, requestedTestTrafficWeight: test }),
  })
  const [targetWeights, ...sourceWeights] = weights
  return {
    ...deploymentBasics(deployment, place),
    updatedAt: updatedAt / 1000,
    ...(deployment.stoppedAt !== undefined && { stoppedAt: deployment.stoppedAt / 1000 }),
    sourceServiceRevisions: sourceWeights.map(summary),
    targetServiceRevision: summary(targetWeights),
    ...(stage !== undefined && { lifecycleStage: stage }),
    lifecycleHookDetails: hooks.map(hookDetail),
    deploymentConfiguration: deploymentConfiguration(spec),
    ...(rollback !== undefined && {
      rollback: {
        reason: rollback.reason,
        startedAt: rollback.startedAt / 1000,
        serviceRevisionArn: deployment.rollbackRevision.arn,
      },
    }),
    deploymentCircuitBreaker: { status: 'DISABLED', failureCount: 0, threshold: 0 },
    alarms: { status: 'DISABLED' },
  }
}

/** A service deployment as ListServiceDeployments writes it. */
export const deploymentBrief = (deployment: SimulatedDeployment, place: Place): Json => ({
  ...deploymentBasics(deployment, place),
  targetServiceRevisionArn: deployment.target.arn,
})

const deploymentBasics = (
  { arn, spec, createdAt, startedAt, finishedAt, status, statusReason }: SimulatedDeployment,
  place: Place,
): Json => ({
  serviceDeploymentArn: arn,
  serviceArn: serviceArn(place, spec.name),
  clusterArn: clusterArn(place),
  createdAt: createdAt / 1000,
  ...(startedAt !== undefined && { startedAt: startedAt / 1000 }),
  ...(finishedAt !== undefined && { finishedAt: finishedAt / 1000 }),
  status,
  ...(statusReason !== undefined && { statusReason }),
})

const hookDetail = ({ id, status, expiresAt, timeoutAction }: PauseHook): Json => ({
  hookId: id,
  targetType: 'PAUSE',
  status,
  expiresAt: expiresAt / 1000,
  timeoutAction,
})

/** The configuration as services and deployments have it. */
export const deploymentConfiguration = (spec: ServiceSpec): Json => {
  const basics = {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
  }
  const staged = stagedDeployments(spec)
  if (staged === undefined) return { ...basics, strategy: 'ROLLING' }
  const { strategy, stepPercent, stepBakeMinutes, bakeMinutes } = staged
  return {
    ...basics,
    strategy,
    bakeTimeInMinutes: bakeMinutes,
    ...(strategy === 'CANARY' && {
      canaryConfiguration: { canaryPercent: stepPercent, canaryBakeTimeInMinutes: stepBakeMinutes },
    }),
    ...(strategy === 'LINEAR' && {
      linearConfiguration: { stepPercent, stepBakeTimeInMinutes: stepBakeMinutes },
    }),
    lifecycleHooks: (spec.pauses ?? []).map(
      ({ stages, timeoutMinutes = 1440, timeoutAction = 'ROLLBACK' }) => ({
        targetType: 'PAUSE',
        lifecycleStages: stages,
        timeoutConfiguration: { timeoutInMinutes: timeoutMinutes, action: timeoutAction },
      }),
    ),
  }
}
