import { type EventBridgeEvent, eventBridgeEvent, isoTime } from './event-bridge-event.js'
import type { Json } from './json.js'
import { clusterArn } from './place.js'
import type { ContainerFacts, TaskFacts } from './task-facts.js'
import { containerInterfaces, interfaceDetails, networkBindings } from './task-network.js'

export interface TaskEventOptions {
  /** Makes the UUID of the event. */
  readonly nextId: () => string
  /** Puts containers, attachments and overrides into an order: ECS promises none. Default: as they are. */
  readonly ordered?: (items: readonly Json[]) => readonly Json[]
}

/** The "ECS Task State Change" event of the task's version. */
export const taskEvent = (
  task: TaskFacts,
  { nextId, ordered = (items) => items }: TaskEventOptions,
): EventBridgeEvent => {
  const detail = taskDetail(task, ordered)
  return eventBridgeEvent(task.place, 'ECS Task State Change', task.arn, task.updatedAt, detail, nextId())
}

const taskDetail = (task: TaskFacts, ordered: (items: readonly Json[]) => readonly Json[]): Json => {
  const { place, launchType, times, stopCause } = task
  return {
    attachments: task.attachmentsLost ? [] : ordered(attachments(task)),
    ...(task.attachmentsLost ? {} : { attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }] }),
    ...(launchType === 'EXTERNAL' ? {} : { availabilityZone: task.availabilityZone }),
    clusterArn: clusterArn(place),
    ...(times.connectivityAt === undefined
      ? {}
      : { connectivity: 'CONNECTED', connectivityAt: isoTime(times.connectivityAt) }),
    ...(task.instanceArn === undefined ? {} : { containerInstanceArn: task.instanceArn }),
    containers: ordered(task.containers.map((container) => containerDetail(task, container))),
    cpu: '256',
    createdAt: isoTime(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    ...(launchType === 'FARGATE' ? { ephemeralStorage: { sizeInGiB: 20 } } : {}),
    ...iso('executionStoppedAt', times.executionStoppedAt),
    group: task.group,
    launchType,
    lastStatus: task.lastStatus,
    memory: '512',
    overrides: { containerOverrides: ordered(overrides(task)) },
    ...(launchType === 'FARGATE' ? { platformVersion: '1.4.0' } : {}),
    ...iso('pullStartedAt', times.pullStartedAt),
    ...iso('pullStoppedAt', times.pullStoppedAt),
    ...iso('startedAt', times.startedAt),
    startedBy: task.startedBy,
    ...iso('stoppingAt', times.stoppingAt),
    ...iso('stoppedAt', times.stoppedAt),
    ...(stopCause === undefined ? {} : { stopCode: stopCause.code, stoppedReason: stopCause.reason }),
    taskArn: task.arn,
    taskDefinitionArn: task.definitionArn,
    updatedAt: isoTime(task.updatedAt),
    version: task.version,
  }
}

const iso = (name: string, at: number | undefined): Json => (at === undefined ? {} : { [name]: isoTime(at) })

const overrides = ({ containers }: TaskFacts): readonly Json[] =>
  containers.map(({ name, overrides }) => ({ name, ...environment(overrides) }))

/** The `environment` of an override, as events and responses write it. Absent if nothing is overridden. */
export const environment = (variables: Readonly<Record<string, string>>): Json => {
  const rows = Object.entries(variables).map(([name, value]) => ({ name, value }))
  return rows.length === 0 ? {} : { environment: rows }
}

/** An address stays in the record of a deleted interface: only the status shows that it is gone. */
const attachments = ({ networkInterface: eni, place }: TaskFacts): readonly Json[] => {
  if (eni === undefined) return []
  return [
    { id: eni.loadBalancerAttachmentId, type: 'elb', status: eni.status, details: [] },
    { id: eni.attachmentId, type: 'eni', status: eni.status, details: interfaceDetails(eni, place.region) },
  ]
}

const containerDetail = (task: TaskFacts, container: ContainerFacts): Json => ({
  containerArn: container.arn,
  ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
  ...(container.reason === undefined ? {} : { reason: container.reason }),
  lastStatus: container.lastStatus,
  name: container.name,
  image: container.image,
  ...(container.runtimeId === undefined
    ? {}
    : { imageDigest: container.digest, runtimeId: container.runtimeId }),
  taskArn: task.arn,
  ...(container.binding === undefined ? {} : { networkBindings: networkBindings(container.binding) }),
  networkInterfaces: task.attachmentsLost ? [] : containerInterfaces(task),
  cpu: '0',
})
