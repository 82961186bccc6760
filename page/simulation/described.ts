import { formatAddress } from '../../src/core/desired.js'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { lastSegment } from '../../src/core/arn.js'
import type { Task } from '../../src/core/task.js'
import type { TaskDefinition } from '../../src/core/task-definition.js'
import { taskFromDescription } from '../../src/sources/ecs-events/task-description.js'
import { taskDescription } from '../../src/testing/ecs-model/task-description.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { SimulatedDefinition } from '../../sim/ecs/simulated-definition.js'
import type { SimulatedInstance } from '../../sim/ecs/simulated-instance.js'

const definitionOf = ({ arn, networkMode, containers }: SimulatedDefinition): TaskDefinition => ({
  arn,
  networkMode,
  containers: containers.map(({ name, image, containerPort, protocol }) => ({
    name,
    image,
    ports: [{ containerPort, hostPort: networkMode === 'awsvpc' ? containerPort : 0, protocol, count: 1 }],
    labels: {},
    environment: {},
  })),
})

/** What DescribeTaskDefinition tells. */
export const definitionDescribed = (definition: SimulatedDefinition): ClusterEvent => ({
  _tag: 'DefinitionDescribed',
  definition: definitionOf(definition),
})

/** What DescribeContainerInstances and DescribeInstances tell together. */
export const instanceDescribed = ({ arn, privateIp, ipv6 }: SimulatedInstance, at: number): ClusterEvent => ({
  _tag: 'InstanceDescribed',
  instance: arn,
  addresses: { ipv4: privateIp, ipv6 },
  at,
})

/** A snapshot: what ListTasks and DescribeTasks tell. */
export const tasksListed = (cluster: SimulatedCluster, at: number): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster: cluster.arn,
  at,
  order: at,
  tasks: cluster
    .tasks()
    .filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
    .flatMap((task) => {
      const { task: record } = taskFromDescription(
        taskDescription(task.facts(), (time) => new Date(time)),
        at,
      )
      return record === undefined ? [] : [record]
    }),
})

/** What the cluster answers to the lookups that a task needs. */
const lookupsOf = ({ definition, instance }: Task, cluster: SimulatedCluster): readonly ClusterEvent[] => {
  const host = instance === undefined ? undefined : cluster.instance(instance)
  return [
    ...cluster
      .definitions()
      .filter(({ arn }) => arn === definition)
      .map(definitionDescribed),
    ...(host === undefined ? [] : [instanceDescribed(host, 1)]),
  ]
}

/** The addresses of one task by service, if it runs, from its event alone. */
export const serversOfTask = (
  event: Extract<ClusterEvent, { readonly _tag: 'TaskChanged' }>,
  cluster: SimulatedCluster,
  expose: Policy,
): readonly { readonly service: string; readonly address: string }[] => {
  const state = [...lookupsOf(event.task, cluster), event].reduce(reduce, emptyState)
  const { backends } = project(state, { expose, covers: [] })
  return [...backends].flatMap(([service, { endpoints }]) =>
    endpoints.map((endpoint) => ({ service: lastSegment(service), address: formatAddress(endpoint) })),
  )
}
