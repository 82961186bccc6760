import type { DefinitionArn } from '../../src/core/arn.js'
import type { Rollout } from '../../src/core/deployment.js'
import { describedRollout } from '../../src/sources/ecs-api/deployments/described-rollout.js'
import type { BalancedService } from '../../sim/ecs/service-balance.js'
import type { WeightedRevision } from '../../sim/ecs/simulated-revision.js'

const summary = ({ revision: { arn }, production, test }: WeightedRevision) => ({
  arn,
  requestedProductionTrafficWeight: production,
  requestedTestTrafficWeight: test,
})

/** What DescribeServices and DescribeServiceDeployments tell of how a service deploys now. */
export const rolloutOf = ({ current, spec }: BalancedService): Rollout => {
  const { strategy = 'ROLLING' } = spec
  if (strategy === 'ROLLING') return { _tag: 'AtOnce', reason: 'it deploys by rolling' }
  const settled: Rollout = { _tag: 'Settled', startedBy: [current.primary.startedBy] }
  if (!current.isStaged) return settled
  const { arn, status, stage, rollback, weights } = current
  const [target, ...sources] = weights
  const definitions = new Map<string, DefinitionArn>(
    current.revisions.map((revision) => [revision.arn, revision.definition.arn]),
  )
  const described = describedRollout(
    {
      serviceDeploymentArn: arn,
      status,
      ...(stage === undefined ? {} : { lifecycleStage: stage }),
      deploymentConfiguration: { strategy },
      targetServiceRevision: summary(target),
      sourceServiceRevisions: sources.map(summary),
      ...(rollback === undefined
        ? {}
        : { rollback: { serviceRevisionArn: current.rollbackRevision.arn, reason: rollback.reason } }),
    },
    {
      definitionOf: (revision) => definitions.get(revision),
      startedBy: {
        source: sources.map(({ revision }) => revision.startedBy).sort(),
        target: [target.revision.startedBy],
      },
    },
  )
  return described ?? settled
}

/** By service, the addresses of tasks that run, and whose revision is to get no requests now. */
export const idleServers = (services: readonly BalancedService[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    services.map(({ name, current, wanted }) => {
      const idle = new Set(
        current.isStaged && current.isInProgress
          ? current.weights.flatMap(({ revision, production }) => (production === 0 ? [revision] : []))
          : [],
      )
      return [
        name,
        [...wanted].flatMap(({ endpoint, revision }) =>
          endpoint !== undefined && idle.has(revision) ? [endpoint] : [],
        ),
      ]
    }),
  )
