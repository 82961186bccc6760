import { ApiFailure } from './api-failure.js'
import {
  type AwsInput,
  type AwsOperations,
  type AwsOutput,
  page,
  pageSize,
  text,
  texts,
} from './aws-request.js'
import { chunk, described, findCluster, refuseForeign, requestedCluster } from './ecs-answers.js'
import { ecsDeploymentOperations } from './ecs-deployment-operations.js'
import { daemonDefinitionDescription, definitionDescription } from '../ecs/definition-description.js'
import { instanceDescription } from '../ecs/instance-description.js'
import { clusterArn, containerInstanceArn, lastSegment, taskArn } from '../../src/testing/ecs-model/place.js'
import { taskDescription } from '../../src/testing/ecs-model/task-description.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import type { SimulatedDefinition } from '../ecs/simulated-definition.js'
import type { SimulatedTask } from '../ecs/simulated-task.js'

/** Both the most items per Describe call and the largest page of a List call. */
const MOST = 100

/** How AWS's JSON protocols write a time: in seconds with a fraction. */
const seconds = (at: number): number => at / 1000

const listPage = { least: 1, most: MOST, refusal: 'InvalidParameterException' } as const

/** The operations of Amazon ECS that the package uses, over the clusters of one account and region. */
export const ecsOperations = (clusters: readonly SimulatedCluster[]): AwsOperations => {
  const find = (identifier: string): SimulatedCluster | undefined => findCluster(clusters, identifier)
  const clusterOf = (input: AwsInput): SimulatedCluster => requestedCluster(clusters, input)

  /** By ARN, `family:revision`, or family alone, which is its newest revision. */
  const findDefinition = (
    identifier: string,
    kind: 'task-definition' | 'daemon-task-definition',
  ): SimulatedDefinition | undefined =>
    clusters
      .flatMap((cluster) => cluster.definitions())
      .filter(({ arn }) => arn.includes(`:${kind}/`))
      .reverse()
      .find(({ arn, family, revision }) => [arn, `${family}:${revision}`, family].includes(identifier))

  return {
    ...ecsDeploymentOperations(clusters),

    ListClusters: (input) => {
      const { items, nextToken } = page(
        clusters.flatMap(({ arn, status }, position) => (status === 'ACTIVE' ? [{ arn, position }] : [])),
        ({ position }) => position,
        text(input, 'nextToken'),
        pageSize(input['maxResults'], listPage),
      )
      return { clusterArns: items.map(({ arn }) => arn), nextToken }
    },

    DescribeClusters: (input) => {
      const asked = texts(input, 'clusters')
      const { place } = clusters[0] ?? {}
      return described(
        asked.length === 0 ? ['default'] : asked,
        'clusters',
        find,
        clusterDescription,
        (name) => (place === undefined ? name : clusterArn({ ...place, cluster: lastSegment(name) })),
      )
    },

    ListTasks: (input) => {
      const cluster = clusterOf(input)
      const { items, nextToken } = page(
        cluster.tasks().filter(taskFilter(cluster, input)),
        ({ ordinal }) => ordinal,
        text(input, 'nextToken'),
        pageSize(input['maxResults'], listPage),
      )
      return { taskArns: items.map(({ arn }) => arn), nextToken }
    },

    DescribeTasks: (input) => {
      const cluster = clusterOf(input)
      const asked = chunk(input, 'tasks', MOST)
      for (const identifier of asked) refuseForeign(cluster, identifier)
      return described(
        asked,
        'tasks',
        (identifier) => cluster.task(lastSegment(identifier)),
        (task) => taskDescription(task.facts(), seconds),
        (identifier) => taskArn(cluster.place, lastSegment(identifier)),
      )
    },

    DescribeContainerInstances: (input) => {
      const cluster = clusterOf(input)
      const asked = chunk(input, 'containerInstances', MOST)
      for (const identifier of asked) refuseForeign(cluster, identifier)
      const longArn = (identifier: string): string =>
        containerInstanceArn(cluster.place, lastSegment(identifier))
      return described(
        asked,
        'containerInstances',
        (identifier) => cluster.instance(longArn(identifier)),
        instanceDescription,
        longArn,
      )
    },

    DescribeTaskDefinition: (input) => {
      const definition = findDefinition(text(input, 'taskDefinition') ?? '', 'task-definition')
      if (definition === undefined)
        throw new ApiFailure('ClientException', 'Unable to describe task definition.')
      return { taskDefinition: definitionDescription(definition), tags: [] }
    },

    DescribeDaemonTaskDefinition: (input) => {
      const definition = findDefinition(text(input, 'daemonTaskDefinition') ?? '', 'daemon-task-definition')
      if (definition === undefined)
        throw new ApiFailure('ClientException', 'Unable to describe daemon task definition.')
      return { daemonTaskDefinition: daemonDefinitionDescription(definition) }
    },
  }
}

/** ListTasks omits tasks that are to stop, unless it is asked for them. */
const taskFilter = (cluster: SimulatedCluster, input: AwsInput): ((task: SimulatedTask) => boolean) => {
  const desiredStatus = text(input, 'desiredStatus') ?? 'RUNNING'
  const family = text(input, 'family')
  const service = text(input, 'serviceName')
  const serviceName = service === undefined ? undefined : lastSegment(service)
  if (serviceName !== undefined && !cluster.services().some(({ name }) => name === serviceName)) {
    throw new ApiFailure('ServiceNotFoundException', 'Service not found.')
  }
  return (task) =>
    task.desiredStatus === desiredStatus &&
    (family === undefined || task.definition.family === family) &&
    (serviceName === undefined || task.service.name === serviceName)
}

const clusterDescription = (cluster: SimulatedCluster): AwsOutput => {
  const tasks = cluster.tasks()
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    activeServicesCount: cluster.services().length,
    registeredContainerInstancesCount: cluster.instances().filter(({ status }) => status !== 'INACTIVE')
      .length,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'PENDING').length,
    capacityProviders: [],
    settings: [],
    statistics: [],
    tags: [],
  }
}
