import type { Json } from './json.js'
import { clusterArn } from './place.js'
import { environment } from './task-event.js'
import type { ContainerFacts, TaskFacts } from './task-facts.js'
import { containerInterfaces, interfaceDetails, networkBindings } from './task-network.js'

/**
 * The task as DescribeTasks returns it. Unlike in the event of the same version, health is included, attachment types
 * have their long names, tags and empty lists are present, `updatedAt` is absent, and an address is never omitted while
 * the task has it.
 *
 * @param date How a time is written: in seconds with a fraction on the wire, as a `Date` by the SDK.
 */
export const taskDescription = (task: TaskFacts, date: (at: number) => unknown): Json => {
  const { place, launchType, times, stopCause } = task
  return {
    attachments: attachments(task),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    ...(launchType === 'EXTERNAL' ? {} : { availabilityZone: task.availabilityZone }),
    clusterArn: clusterArn(place),
    ...(times.connectivityAt === undefined ? {} : { connectivity: 'CONNECTED' }),
    ...(task.instanceArn === undefined ? {} : { containerInstanceArn: task.instanceArn }),
    containers: task.containers.map((container) => containerDescription(task, container)),
    cpu: '256',
    createdAt: date(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    ...(launchType === 'FARGATE' ? { ephemeralStorage: { sizeInGiB: 20 }, platformVersion: '1.4.0' } : {}),
    group: task.group,
    healthStatus: task.health,
    lastStatus: task.lastStatus,
    launchType,
    memory: '512',
    overrides: {
      containerOverrides: task.containers.map(({ name, overrides }) => ({
        name,
        ...environment(overrides),
      })),
      inferenceAcceleratorOverrides: [],
    },
    startedBy: task.startedBy,
    ...Object.fromEntries(Object.entries(times).map(([name, at]) => [name, date(at)])),
    ...(stopCause === undefined ? {} : { stopCode: stopCause.code, stoppedReason: stopCause.reason }),
    tags: [],
    taskArn: task.arn,
    taskDefinitionArn: task.definitionArn,
    version: task.version,
  }
}

const attachments = ({ networkInterface: eni, place }: TaskFacts): readonly Json[] => {
  if (eni === undefined) return []
  return [
    {
      id: eni.attachmentId,
      type: 'ElasticNetworkInterface',
      status: eni.status,
      details: interfaceDetails(eni, place.region),
    },
  ]
}

const containerDescription = (task: TaskFacts, container: ContainerFacts): Json => ({
  containerArn: container.arn,
  taskArn: task.arn,
  name: container.name,
  image: container.image,
  ...(container.runtimeId === undefined
    ? {}
    : { imageDigest: container.digest, runtimeId: container.runtimeId }),
  lastStatus: container.lastStatus,
  ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
  ...(container.reason === undefined ? {} : { reason: container.reason }),
  // Left out while the container has not been started; an empty list afterwards if nothing is bound.
  ...(container.lastStatus === 'PENDING'
    ? {}
    : { networkBindings: container.binding === undefined ? [] : networkBindings(container.binding) }),
  networkInterfaces: containerInterfaces(task),
  healthStatus: container.health,
  cpu: '0',
})
