import { clusterArn } from './place.js'
import { groupOf } from './service-spec.js'
import type { SimulatedContainer, SimulatedTask } from './simulated-task.js'
import { containerInterfaces, interfaceDetails, networkBindings } from './task-event.js'

type Json = Readonly<Record<string, unknown>>

/**
 * The task as DescribeTasks returns it. Unlike in the event of the same version, dates are seconds with a fraction,
 * health is included, attachment types have their long names, tags and empty lists are present, and an address is never
 * omitted while the task has it.
 */
export const taskDescription = (task: SimulatedTask): Json => {
  const { site, definition, times, stopCause } = task
  return {
    attachments: attachments(task),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    ...(definition.launchType === 'EXTERNAL' ? {} : { availabilityZone: site.availabilityZone }),
    clusterArn: clusterArn(site.place),
    ...(times.connectivityAt === undefined ? {} : { connectivity: 'CONNECTED' }),
    ...(site.instance === undefined ? {} : { containerInstanceArn: site.instance.arn }),
    containers: task.containers.map((container) => containerDescription(task, container)),
    cpu: '256',
    createdAt: task.createdAt / 1000,
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    ...(definition.launchType === 'FARGATE'
      ? { ephemeralStorage: { sizeInGiB: 20 }, platformVersion: '1.4.0' }
      : {}),
    group: groupOf(task.service.spec),
    healthStatus: task.lastStatus === 'RUNNING' ? 'HEALTHY' : 'UNKNOWN',
    lastStatus: task.lastStatus,
    launchType: definition.launchType,
    memory: '512',
    overrides: {
      containerOverrides: task.containers.map(({ spec }) => ({
        name: spec.name,
        ...(spec.essential ? { environment: [{ name: 'SECRET_TOKEN', value: task.secret }] } : {}),
      })),
      inferenceAcceleratorOverrides: [],
    },
    startedBy: task.startedBy,
    ...Object.fromEntries(Object.entries(times).map(([name, at]) => [name, at / 1000])),
    ...(stopCause === undefined ? {} : { stopCode: stopCause.code, stoppedReason: stopCause.reason }),
    tags: [],
    taskArn: task.arn,
    taskDefinitionArn: definition.arn,
    version: task.version,
  }
}

const attachments = (task: SimulatedTask): readonly Json[] => {
  const eni = task.site.networkInterface
  if (eni === undefined) return []
  return [
    {
      id: eni.attachmentId,
      type: 'ElasticNetworkInterface',
      status: eni.status,
      details: interfaceDetails(task),
    },
  ]
}

const containerDescription = (task: SimulatedTask, container: SimulatedContainer): Json => ({
  containerArn: container.arn,
  taskArn: task.arn,
  name: container.spec.name,
  image: container.spec.image,
  ...(task.times.pullStoppedAt === undefined
    ? {}
    : { imageDigest: container.spec.digest, runtimeId: container.runtimeId }),
  lastStatus: container.status,
  ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
  // Left out while the container has not been started; an empty list afterwards if nothing is bound.
  ...(container.status === 'PENDING' ? {} : { networkBindings: networkBindings(task, container) ?? [] }),
  networkInterfaces: containerInterfaces(task),
  healthStatus: container.status === 'RUNNING' && container.spec.essential ? 'HEALTHY' : 'UNKNOWN',
  cpu: '0',
})
