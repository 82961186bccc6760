import type { Service, ServiceDeployment } from '@aws-sdk/client-ecs'
import type { ClusterArn, DefinitionArn } from '../../../core/arn.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import type { Rollout, ServiceArn } from '../../../core/deployment.js'
import { RecentMap } from '../../../shared/async/recent-map.js'
import type { AskedService } from './asked-service.js'
import {
  type DeploymentCall,
  describeDeployments,
  describeRevisions,
  describeServices,
  newestDeployment,
} from './deployment-calls.js'
import { describedRollout } from './described-rollout.js'

export interface DeploymentQuestionsSetup {
  readonly cluster: ClusterArn
  readonly call: DeploymentCall
  readonly state: () => ClusterState
  readonly serviceOf: (service: ServiceArn) => AskedService | undefined
}

/** What one round of questions is about. */
export interface Round {
  readonly services: readonly ServiceArn[]
  /** Deployments in progress, by service. */
  readonly deployments: ReadonlyMap<ServiceArn, string>
}

/** Revisions never change. */
const rememberedRevisions = 1_000

const unknownService: Rollout = { _tag: 'AtOnce', reason: 'ECS does not know the service' }

/** `undefined` for a service that deploys in stages. */
const rollingOf = ({
  deploymentController,
  deploymentConfiguration,
  status,
}: Service): Rollout | undefined => {
  if (status === 'INACTIVE') return unknownService
  const controller = deploymentController?.type ?? 'ECS'
  const strategy = deploymentConfiguration?.strategy ?? 'ROLLING'
  if (controller !== 'ECS') return { _tag: 'AtOnce', reason: `${controller} controls its deployments` }
  return strategy === 'ROLLING' ? { _tag: 'AtOnce', reason: 'it deploys by rolling' } : undefined
}

/** The questions about the services of one cluster, and what their answers mean. */
export class DeploymentQuestions {
  private readonly definitions = new RecentMap<DefinitionArn>(rememberedRevisions)

  constructor(private readonly setup: DeploymentQuestionsSetup) {}

  /** The rollouts of services, and of deployments in progress. Rejects if a call fails. */
  async ask({ services, deployments }: Round): Promise<ReadonlyMap<ServiceArn, Rollout>> {
    const { call, cluster } = this.setup
    const rollouts = new Map<ServiceArn, Rollout>()
    const arns = new Map(deployments)
    const described = await describeServices(call, cluster, services)
    for (const service of services) {
      const facts = described.get(service)
      const rollout = facts === undefined ? unknownService : rollingOf(facts)
      if (rollout === undefined) {
        const deployment = await this.deploymentOf(service, facts)
        if (deployment === undefined) rollouts.set(service, this.settled(service))
        else arns.set(service, deployment)
      } else rollouts.set(service, rollout)
    }
    const found = await describeDeployments(call, [...new Set(arns.values())])
    await this.learnRevisions([...found.values()])
    for (const [service, arn] of arns) rollouts.set(service, this.rolloutOf(service, found.get(arn)))
    return rollouts
  }

  /** The deployment that decides the traffic: the current one, or the last one, while it has left two revisions. */
  private async deploymentOf(service: ServiceArn, facts: Service | undefined): Promise<string | undefined> {
    const { serviceOf, state, call, cluster } = this.setup
    if (facts?.currentServiceDeployment !== undefined) return facts.currentServiceDeployment
    const rollout = state().deployments.get(service)?.described?.rollout
    if (rollout?._tag === 'Shifting') return rollout.deployment
    const left = serviceOf(service)?.current.length ?? 0
    return left > 1 ? newestDeployment(call, cluster, service) : undefined
  }

  private async learnRevisions(deployments: readonly ServiceDeployment[]): Promise<void> {
    const revisions = new Set(
      deployments
        .flatMap(({ targetServiceRevision, sourceServiceRevisions = [] }) => [
          targetServiceRevision?.arn,
          ...sourceServiceRevisions.map(({ arn }) => arn),
        ])
        .filter((arn) => arn !== undefined && this.definitions.get(arn) === undefined),
    )
    const unknown = [...revisions].filter((arn) => arn !== undefined)
    if (unknown.length === 0) return
    for (const [arn, definition] of await describeRevisions(this.setup.call, unknown))
      this.definitions.set(arn, definition)
  }

  private settled(service: ServiceArn): Rollout {
    return { _tag: 'Settled', startedBy: this.setup.serviceOf(service)?.current ?? [] }
  }

  private rolloutOf(service: ServiceArn, deployment: ServiceDeployment | undefined): Rollout {
    const asked = this.setup.serviceOf(service)
    const before = this.setup.state().deployments.get(service)?.described?.rollout
    if (deployment === undefined || asked === undefined) return this.settled(service)
    const { serviceDeploymentArn = '', createdAt, startedAt } = deployment
    const { targetServiceRevision: target, sourceServiceRevisions = [] } = deployment
    const definitionOf = (revision = ''): DefinitionArn | undefined => this.definitions.get(revision)
    const startedBy = asked.originsOf(
      {
        deployment: serviceDeploymentArn,
        begin: (createdAt ?? startedAt)?.getTime(),
        definitions: {
          source: sourceServiceRevisions
            .filter(({ arn }) => arn !== target?.arn)
            .map(({ arn }) => definitionOf(arn)),
          target: definitionOf(target?.arn),
        },
      },
      before,
    )
    const rollout = describedRollout(deployment, { definitionOf, startedBy })
    if (rollout?._tag !== 'Settled') return rollout ?? this.settled(service)
    // Tasks of unknown origin are those that run now, unless they are known to be replaced.
    const replaced = deployment.status === 'SUCCESSFUL' ? startedBy.source : startedBy.target
    const { ids } = asked.groups
    const left = ids.filter((id) => !replaced.includes(id))
    // When a deployment is over, something has the traffic: if nothing else runs, these tasks.
    if (left.length > 0) return { _tag: 'Settled', startedBy: left }
    return ids.length > 0 ? { _tag: 'Settled', startedBy: ids } : rollout
  }
}
