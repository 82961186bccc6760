import { ApiFailure } from './api-failure.js'
import { type AwsInput, type AwsOperations, page, pageSize, record, text, texts } from './aws-request.js'
import { chunk, described, refuseForeign, requestedCluster } from './ecs-answers.js'
import { type CountTasks, deploymentBrief, deploymentDescription } from '../ecs/deployment-description.js'
import { revisionDescription, serviceDescription } from '../ecs/service-description.js'
import type { BalancedService } from '../ecs/service-balance.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import { deploymentStatuses, type SimulatedDeployment } from '../ecs/simulated-deployment.js'
import { lastSegment, serviceArn } from '../../src/testing/ecs-model/place.js'

/** The most that one call describes. Source: Amazon ECS API reference, as the limits below. */
const MOST_SERVICES = 10
const MOST_DEPLOYMENTS = 20
const MOST_REVISIONS = 20

const deploymentPage = {
  least: 1,
  most: 100,
  usual: 20,
  refusal: 'InvalidParameterException',
} as const

/** The operations of Amazon ECS about services and their deployments. */
export const ecsDeploymentOperations = (clusters: readonly SimulatedCluster[]): AwsOperations => {
  const active = (): readonly SimulatedCluster[] => clusters.filter(({ status }) => status === 'ACTIVE')

  return {
    DescribeServices: (input) => {
      const cluster = requestedCluster(clusters, input)
      const asked = chunk(input, 'services', MOST_SERVICES)
      for (const identifier of asked) refuseForeign(cluster, identifier)
      return described(
        asked,
        'services',
        (identifier) => findService(cluster, identifier),
        (service) => serviceDescription(service, cluster.place, counterOf(cluster, service)),
        (identifier) => serviceArn(cluster.place, lastSegment(identifier)),
      )
    },

    ListServiceDeployments: (input) => {
      const cluster = requestedCluster(clusters, input)
      const identifier = text(input, 'service') ?? ''
      refuseForeign(cluster, identifier)
      const service = findService(cluster, identifier)
      if (service === undefined) throw new ApiFailure('ServiceNotFoundException', 'Service not found.')
      const { items, nextToken } = page(
        service.deployments.filter(deploymentFilter(input)).toReversed(),
        ({ ordinal }) => -ordinal,
        text(input, 'nextToken'),
        pageSize(input['maxResults'], deploymentPage),
      )
      return {
        serviceDeployments: items.map((deployment) => deploymentBrief(deployment, cluster.place)),
        nextToken,
      }
    },

    DescribeServiceDeployments: (input) =>
      described(
        chunk(input, 'serviceDeploymentArns', MOST_DEPLOYMENTS),
        'serviceDeployments',
        (arn) => findDeployment(active(), arn),
        ({ cluster, service, deployment }) =>
          deploymentDescription(deployment, cluster.place, counterOf(cluster, service, deployment)),
        (arn) => arn,
      ),

    DescribeServiceRevisions: (input) =>
      described(
        chunk(input, 'serviceRevisionArns', MOST_REVISIONS),
        'serviceRevisions',
        (arn) => {
          for (const cluster of active()) {
            const revision = cluster.revision(arn)
            if (revision !== undefined) return { place: cluster.place, revision }
          }
          return undefined
        },
        ({ place, revision }) => revisionDescription(revision, place, revision.definition.family),
        (arn) => arn,
      ),

    ContinueServiceDeployment: (input) => {
      const arn = text(input, 'serviceDeploymentArn') ?? ''
      const action = text(input, 'action') ?? 'CONTINUE'
      if (action !== 'CONTINUE' && action !== 'ROLLBACK')
        throw new ApiFailure('InvalidParameterException', `The action ${action} is not valid.`)
      const found = findDeployment(active(), arn)
      if (found === undefined)
        throw new ApiFailure('ServiceDeploymentNotFoundException', 'Service deployment not found.')
      switch (found.cluster.continueDeployment(arn, text(input, 'hookId') ?? '', action)) {
        case 'done':
          return { serviceDeploymentArn: arn }
        case 'no such deployment':
          throw new ApiFailure('ServiceDeploymentNotFoundException', 'Service deployment not found.')
        case 'not waiting':
          throw new ApiFailure(
            'InvalidParameterException',
            'The service deployment does not wait in this hook.',
          )
      }
    },
  }
}

/** A managed daemon is no service. */
const findService = (cluster: SimulatedCluster, identifier: string): BalancedService | undefined =>
  cluster.services().find(({ name, spec }) => name === lastSegment(identifier) && spec.placement !== 'daemon')

interface FoundDeployment {
  readonly cluster: SimulatedCluster
  readonly service: BalancedService
  readonly deployment: SimulatedDeployment
}

const findDeployment = (clusters: readonly SimulatedCluster[], arn: string): FoundDeployment | undefined => {
  for (const cluster of clusters)
    for (const service of cluster.services())
      for (const deployment of service.deployments)
        if (deployment.arn === arn) return { cluster, service, deployment }
  return undefined
}

/** By status, and by the time of creation in seconds. */
const deploymentFilter = (input: AwsInput): ((deployment: SimulatedDeployment) => boolean) => {
  const statuses = texts(input, 'status')
  const unknown = statuses.find((asked) => !deploymentStatuses.some((status) => status === asked))
  if (unknown !== undefined)
    throw new ApiFailure('InvalidParameterException', `The status ${unknown} is not valid.`)
  const { before, after } = record(input, 'createdAt')
  return ({ status, createdAt }) =>
    (statuses.length === 0 || statuses.includes(status)) &&
    (typeof before !== 'number' || createdAt < before * 1000) &&
    (typeof after !== 'number' || createdAt > after * 1000)
}

/** Counts the tasks of a revision: those requested by the deployment, and those that run or start now. */
const counterOf = (
  cluster: SimulatedCluster,
  { desiredCount, current }: BalancedService,
  deployment = current,
): CountTasks => {
  const tasks = cluster.tasks()
  return (revision) => {
    const own = tasks.filter((task) => task.revision === revision)
    return {
      requested: deployment.wants(revision) ? desiredCount : 0,
      running: own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
      pending: own.filter(
        ({ lastStatus, desiredStatus }) => desiredStatus === 'RUNNING' && lastStatus !== 'RUNNING',
      ).length,
    }
  }
}
