import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  type Service,
  type ServiceDeployment,
} from '@aws-sdk/client-ecs'
import type { ClusterArn, DefinitionArn } from '../../../core/arn.js'
import type { ServiceArn } from '../../../core/deployment.js'
import { isPlainText } from '../../../shared/codec/plain-text.js'

/** Makes one call within the allowance for the place. Rejects with `CallFailed`. */
export type DeploymentCall = <A>(
  operation: string,
  call: (ecs: ECSClient, signal: AbortSignal) => Promise<A>,
) => Promise<A>

/** Maximum numbers of items per call. Source: API reference. */
const mostServices = 10
const mostDeployments = 20

const chunksOf = <A>(items: readonly A[], size: number): readonly (readonly A[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

/** Texts of AWS become keys and log lines. */
const isText = (text: string | undefined): text is string => text !== undefined && isPlainText(text, 2_048)

/** The services of one cluster that ECS knows, by ARN. A service that is missing from the answer has been deleted. */
export const describeServices = async (
  call: DeploymentCall,
  cluster: ClusterArn,
  services: readonly ServiceArn[],
): Promise<ReadonlyMap<ServiceArn, Service>> => {
  const found = new Map<ServiceArn, Service>()
  for (const some of chunksOf(services, mostServices)) {
    const answer = await call('DescribeServices', (ecs, abortSignal) =>
      ecs.send(new DescribeServicesCommand({ cluster, services: [...some] }), { abortSignal }),
    )
    for (const service of answer.services ?? [])
      if (isText(service.serviceArn)) found.set(service.serviceArn, service)
  }
  return found
}

/** Deployments by ARN. One that is missing from the answer is forgotten by ECS. */
export const describeDeployments = async (
  call: DeploymentCall,
  arns: readonly string[],
): Promise<ReadonlyMap<string, ServiceDeployment>> => {
  const found = new Map<string, ServiceDeployment>()
  for (const some of chunksOf(arns, mostDeployments)) {
    const answer = await call('DescribeServiceDeployments', (ecs, abortSignal) =>
      ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [...some] }), { abortSignal }),
    )
    for (const deployment of answer.serviceDeployments ?? [])
      if (isText(deployment.serviceDeploymentArn)) found.set(deployment.serviceDeploymentArn, deployment)
  }
  return found
}

/** The ARN of a service's newest deployment, `undefined` if it has none. */
export const newestDeployment = async (
  call: DeploymentCall,
  cluster: ClusterArn,
  service: ServiceArn,
): Promise<string | undefined> => {
  const answer = await call('ListServiceDeployments', (ecs, abortSignal) =>
    ecs.send(new ListServiceDeploymentsCommand({ cluster, service, maxResults: 100 }), { abortSignal }),
  )
  // The order of the list is not documented.
  const [newest] = (answer.serviceDeployments ?? [])
    .filter(({ serviceDeploymentArn }) => isText(serviceDeploymentArn))
    .toSorted((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
  return newest?.serviceDeploymentArn
}

/** The definitions of service revisions, by the ARN of the revision. */
export const describeRevisions = async (
  call: DeploymentCall,
  revisions: readonly string[],
): Promise<ReadonlyMap<string, DefinitionArn>> => {
  const found = new Map<string, DefinitionArn>()
  for (const some of chunksOf(revisions, mostDeployments)) {
    const answer = await call('DescribeServiceRevisions', (ecs, abortSignal) =>
      ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [...some] }), { abortSignal }),
    )
    for (const { serviceRevisionArn, taskDefinition } of answer.serviceRevisions ?? [])
      if (isText(serviceRevisionArn) && isText(taskDefinition)) found.set(serviceRevisionArn, taskDefinition)
  }
  return found
}
