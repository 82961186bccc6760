/** What a description of a service deployment says about the traffic of its revisions. */
import type { ServiceDeployment, ServiceRevisionSummary } from '@aws-sdk/client-ecs'
import type { DefinitionArn } from '../../../core/arn.js'
import type { PausedHook, RevisionTraffic, Rollout } from '../../../core/deployment.js'

/** ECS adds stages. Those that its SDK does not know yet count, too. */
export type DescribedDeployment = Omit<ServiceDeployment, 'lifecycleStage'> & {
  readonly lifecycleStage?: string | undefined
}

/** Stages in which the new revision has no production traffic, whatever weights are requested. */
const beforeProduction: ReadonlySet<string> = new Set([
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
])

const beforeTest: ReadonlySet<string> = new Set([
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
])

/** Stages in which the shift is complete. */
const afterProduction: ReadonlySet<string> = new Set(['POST_PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME'])

/** A deployment in one of these still changes. */
const active: ReadonlySet<string> = new Set([
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
])

const rollingBack: ReadonlySet<string> = new Set([
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_FAILED',
  'ROLLBACK_SUCCESSFUL',
])

export const isActive = (status: string): boolean => active.has(status)

/** Not a number, or out of range: as if it were absent. */
const percent = (weight: number | undefined): number | undefined =>
  weight !== undefined && weight >= 0 && weight <= 100 ? weight : undefined

const productionOf = (revision: ServiceRevisionSummary): number | undefined =>
  percent(revision.requestedProductionTrafficWeight)

/** Whether ECS reports weights at all. It need not do so for services without one of its own load balancers. */
const areReported = (target: ServiceRevisionSummary, source: readonly ServiceRevisionSummary[]): boolean =>
  [target, ...source].some((revision) => (productionOf(revision) ?? 0) > 0)

/** The first step, where the weights of the steps are not reported: never more than the deployment may have asked for. */
const firstStep = ({ deploymentConfiguration = {} }: DescribedDeployment): number => {
  const { strategy, canaryConfiguration, linearConfiguration } = deploymentConfiguration
  // The defaults of ECS. Source: API reference, `CanaryConfiguration`, `LinearConfiguration`.
  if (strategy === 'CANARY') return percent(canaryConfiguration?.canaryPercent) ?? 5
  if (strategy === 'LINEAR') return percent(linearConfiguration?.stepPercent) ?? 10
  return 100
}

/** The percentage of production traffic for the new revision. */
const targetProduction = (
  deployment: DescribedDeployment,
  target: ServiceRevisionSummary,
  source: readonly ServiceRevisionSummary[],
): number => {
  const status: string = deployment.status ?? 'PENDING'
  const stage: string = deployment.lifecycleStage ?? 'PRE_SCALE_UP'
  if (status === 'PENDING' || rollingBack.has(status) || beforeProduction.has(stage)) return 0
  if (stage === 'CLEAN_UP') return 100
  if (areReported(target, source)) return productionOf(target) ?? 0
  if (afterProduction.has(stage)) return 100
  return stage === 'PRODUCTION_TRAFFIC_SHIFT' ? firstStep(deployment) : 0
}

const targetTest = (deployment: DescribedDeployment, target: ServiceRevisionSummary): number => {
  const status: string | undefined = deployment.status
  const stage: string | undefined = deployment.lifecycleStage
  if (status === undefined || status === 'PENDING' || rollingBack.has(status)) return 0
  if (stage === undefined || stage === 'CLEAN_UP' || beforeTest.has(stage)) return 0
  return percent(target.requestedTestTrafficWeight) ?? 100
}

/** How the replaced revisions share what is left: as requested, otherwise by their tasks. */
const partsOf = (
  source: readonly ServiceRevisionSummary[],
  returnsTo: string | undefined,
): readonly number[] => {
  const back = source.map(({ arn }) => (arn !== undefined && arn === returnsTo ? 1 : 0))
  if (back.some((part) => part > 0)) return back
  const requested = source.map((revision) => productionOf(revision) ?? 0)
  if (requested.some((part) => part > 0)) return requested
  const tasks = source.map(({ requestedTaskCount = 0 }) => Math.max(0, requestedTaskCount))
  return tasks.some((part) => part > 0) ? tasks : source.map(() => 1)
}

export interface RevisionFacts {
  /** The definition of a revision; `undefined` if it is not known. */
  readonly definitionOf: (revision: string) => DefinitionArn | undefined
  /** The `startedBy` of tasks of the replaced revisions, and of the new one; sorted. */
  readonly startedBy: { readonly source: readonly string[]; readonly target: readonly string[] }
}

const pausedHook = ({ lifecycleHookDetails = [] }: DescribedDeployment): PausedHook | undefined => {
  const hook = lifecycleHookDetails.find(
    ({ targetType, status }) => targetType === 'PAUSE' && status === 'AWAITING_ACTION',
  )
  return hook?.hookId === undefined
    ? undefined
    : { id: hook.hookId, expiresAt: hook.expiresAt?.getTime(), timeoutAction: hook.timeoutAction }
}

/** Replaced revisions with the same definition cannot be told apart, so they count as one. */
const merged = (source: readonly RevisionTraffic[]): readonly RevisionTraffic[] => {
  const all: RevisionTraffic[] = []
  for (const revision of source) {
    const at = all.findIndex(({ definition }) => definition === revision.definition)
    const same = all[at]
    if (same === undefined) all.push(revision)
    else all[at] = { ...same, production: same.production + revision.production }
  }
  return all
}

/**
 * The rollout of a deployment in stages. `undefined` if the description lacks what every deployment has: its ARN, its
 * status and its target.
 *
 * - Before its stage, the new revision gets nothing, whatever weights are requested. From then on, the requested weights
 *   count; where none are reported, those that the stage and the strategy imply.
 * - A deployment that rolls back gives everything to the old revision at once.
 * - One that was stopped, or could not be rolled back, leaves the traffic as it was, for as long as tasks of both run.
 */
export const describedRollout = (
  deployment: DescribedDeployment,
  { definitionOf, startedBy }: RevisionFacts,
): Rollout | undefined => {
  const { serviceDeploymentArn, status, targetServiceRevision: target, lifecycleStage } = deployment
  if (serviceDeploymentArn === undefined || status === undefined || target?.arn === undefined)
    return undefined
  if (status === 'SUCCESSFUL') return { _tag: 'Settled', startedBy: startedBy.target }
  if (status === 'ROLLBACK_SUCCESSFUL') return { _tag: 'Settled', startedBy: startedBy.source }
  const source = (deployment.sourceServiceRevisions ?? []).filter(
    (revision) => revision.arn !== undefined && revision.arn !== target.arn,
  )
  const production = targetProduction(deployment, target, source)
  const returnsTo = rollingBack.has(status) ? deployment.rollback?.serviceRevisionArn : undefined
  const parts = partsOf(source, returnsTo)
  const whole = parts.reduce((a, b) => a + b, 0)
  const traffic = (
    revision: string,
    ids: readonly string[],
    share: { readonly production: number; readonly test: number },
  ): RevisionTraffic => ({ revision, definition: definitionOf(revision), startedBy: ids, ...share })
  return {
    _tag: 'Shifting',
    deployment: serviceDeploymentArn,
    strategy: deployment.deploymentConfiguration?.strategy ?? 'BLUE_GREEN',
    status,
    stage: lifecycleStage ?? 'PENDING',
    source: merged(
      source.map((revision, i) =>
        traffic(revision.arn ?? '', startedBy.source, {
          production: ((100 - production) * (parts[i] ?? 0)) / whole,
          test: 0,
        }),
      ),
    ),
    target: traffic(target.arn, startedBy.target, { production, test: targetTest(deployment, target) }),
    paused: pausedHook(deployment),
  }
}
