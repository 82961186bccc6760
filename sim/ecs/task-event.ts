import { type EventBridgeEvent, eventBridgeEvent, isoTime } from './event-bridge-event.js'
import { clusterArn } from './place.js'
import type { Random } from '../prng.js'
import { groupOf } from './service-spec.js'
import type { SimulatedContainer, SimulatedTask } from './simulated-task.js'

/** Share of events in which ECS lists containers and attachments in another order than in the event before. */
const REORDERED = 0.1

/** The "ECS Task State Change" event of the task's present version. */
export const taskEvent = (task: SimulatedTask, random: Random): EventBridgeEvent =>
  eventBridgeEvent(
    task.site.place,
    'ECS Task State Change',
    task.arn,
    task.updatedAt,
    detail(task, random),
    random,
  )

const detail = (task: SimulatedTask, random: Random): Readonly<Record<string, unknown>> => {
  const { site, definition, times, stopCause } = task
  const unordered = <A>(items: readonly A[]): readonly A[] =>
    random.chance(REORDERED) ? random.shuffled(items) : items
  return {
    attachments: task.attachmentsLost ? [] : unordered(attachments(task)),
    ...(task.attachmentsLost ? {} : { attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }] }),
    ...(definition.launchType === 'EXTERNAL' ? {} : { availabilityZone: site.availabilityZone }),
    clusterArn: clusterArn(site.place),
    ...(times.connectivityAt === undefined
      ? {}
      : { connectivity: 'CONNECTED', connectivityAt: isoTime(times.connectivityAt) }),
    ...(site.instance === undefined ? {} : { containerInstanceArn: site.instance.arn }),
    containers: unordered(task.containers.map((container) => containerDetail(task, container))),
    cpu: '256',
    createdAt: isoTime(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    ...(definition.launchType === 'FARGATE' ? { ephemeralStorage: { sizeInGiB: 20 } } : {}),
    ...iso('executionStoppedAt', times.executionStoppedAt),
    group: groupOf(task.service.spec),
    launchType: definition.launchType,
    lastStatus: task.lastStatus,
    memory: '512',
    overrides: { containerOverrides: unordered(overrides(task)) },
    ...(definition.launchType === 'FARGATE' ? { platformVersion: '1.4.0' } : {}),
    ...iso('pullStartedAt', times.pullStartedAt),
    ...iso('pullStoppedAt', times.pullStoppedAt),
    ...iso('startedAt', times.startedAt),
    startedBy: task.startedBy,
    ...iso('stoppingAt', times.stoppingAt),
    ...iso('stoppedAt', times.stoppedAt),
    ...(stopCause === undefined ? {} : { stopCode: stopCause.code, stoppedReason: stopCause.reason }),
    taskArn: task.arn,
    taskDefinitionArn: definition.arn,
    updatedAt: isoTime(task.updatedAt),
    version: task.version,
  }
}

const iso = (name: string, at: number | undefined): Readonly<Record<string, string>> =>
  at === undefined ? {} : { [name]: isoTime(at) }

/** Overrides are in the event, and people put secrets into them. */
const overrides = (task: SimulatedTask): readonly Readonly<Record<string, unknown>>[] =>
  task.containers.map(({ spec }) =>
    spec.essential
      ? { name: spec.name, environment: [{ name: 'SECRET_TOKEN', value: task.secret }] }
      : { name: spec.name },
  )

/** An address stays in the record of a deleted interface: only the status tells that it is gone. */
const attachments = (task: SimulatedTask): readonly Readonly<Record<string, unknown>>[] => {
  const eni = task.site.networkInterface
  if (eni === undefined) return []
  return [
    { id: eni.loadBalancerAttachmentId, type: 'elb', status: eni.status, details: [] },
    { id: eni.attachmentId, type: 'eni', status: eni.status, details: interfaceDetails(task) },
  ]
}

/** The details of the task's network interface: only the subnet until the interface is attached. */
export const interfaceDetails = (
  task: SimulatedTask,
): readonly { readonly name: string; readonly value: string }[] => {
  const eni = task.site.networkInterface
  if (eni === undefined) return []
  const subnet = { name: 'subnetId', value: eni.subnetId }
  if (eni.status === 'PRECREATED') return [subnet]
  return [
    subnet,
    { name: 'networkInterfaceId', value: eni.id },
    { name: 'macAddress', value: eni.macAddress },
    {
      name: 'privateDnsName',
      value: `ip-${eni.privateIp.replaceAll('.', '-')}.${task.site.place.region}.compute.internal`,
    },
    { name: 'privateIPv4Address', value: eni.privateIp },
    ...(eni.ipv6 === undefined ? [] : [{ name: 'ipv6Address', value: eni.ipv6 }]),
  ]
}

/** The network interfaces that a container lists. */
export const containerInterfaces = (task: SimulatedTask): readonly Readonly<Record<string, unknown>>[] => {
  const eni = task.site.networkInterface
  if (eni === undefined || eni.status === 'PRECREATED') return []
  return [
    {
      attachmentId: eni.attachmentId,
      privateIpv4Address: eni.privateIp,
      ...(eni.ipv6 === undefined ? {} : { ipv6Address: eni.ipv6 }),
    },
  ]
}

/**
 * The port bindings of a bridge container, with a second row for IPv6 where Docker binds it; undefined before it ran.
 */
export const networkBindings = (
  task: SimulatedTask,
  { spec, hostPort }: SimulatedContainer,
): readonly Readonly<Record<string, unknown>>[] | undefined => {
  if (hostPort === undefined) return undefined
  const bound = { containerPort: spec.containerPort, hostPort, protocol: spec.protocol }
  const ipv4 = { bindIP: '0.0.0.0', ...bound }
  return task.site.instance?.ipv6 === undefined ? [ipv4] : [ipv4, { bindIP: '::', ...bound }]
}

const containerDetail = (
  task: SimulatedTask,
  container: SimulatedContainer,
): Readonly<Record<string, unknown>> => {
  const bindings = networkBindings(task, container)
  return {
    containerArn: container.arn,
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    lastStatus: container.status,
    name: container.spec.name,
    image: container.spec.image,
    ...(task.times.pullStoppedAt === undefined
      ? {}
      : { imageDigest: container.spec.digest, runtimeId: container.runtimeId }),
    taskArn: task.arn,
    ...(bindings === undefined ? {} : { networkBindings: bindings }),
    networkInterfaces: task.attachmentsLost ? [] : containerInterfaces(task),
    cpu: '0',
  }
}
