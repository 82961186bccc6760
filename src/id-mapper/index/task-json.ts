import { lastSegment } from '../../core/arn.js'
import { serviceOf } from '../../core/service-of.js'
import { count, exactly, type JsonSchema, listOf, maybeText, text } from '../openapi/json-schema.js'
import { addressesOf, type LocatedContainer, locatedContainers, statusesOf } from './located-container.js'
import type { TaskIndex } from './task-index.js'
import { familyOf, phases, type TaskRecord } from './task-record.js'

const port = exactly({
  containerPort: count('Inside the container'),
  hostPort: count("At the task's `ip`"),
  protocol: { type: 'string', enum: ['tcp', 'udp'] },
  count: count('More than 1 for a range of ports, mapped one to one'),
})

const containerProperties = {
  name: text('As in the task definition'),
  id: maybeText("The runtime's id, as shown by `docker ps --no-trunc`; null until the container is created"),
  arn: maybeText('Of the container'),
  image: maybeText('Of the task definition'),
  lastStatus: text('As reported by ECS'),
  ports: listOf(port, 'Published ports'),
}

/** The location that a task and each of its containers have in common. */
const placeProperties = {
  cluster: text("The cluster's name"),
  clusterArn: text("The cluster's ARN"),
  service: maybeText('The service that started the task'),
  family: maybeText('The name of the task definition'),
  revision: maybeText('Its revision'),
  phase: {
    type: 'string',
    enum: phases,
    description:
      '`stopping`: asked to stop. `stopped`: it has stopped, or a newer snapshot of its cluster does not list it',
  },
  ip: maybeText("The address of its ports: that of the task's interface, or of its instance"),
  instance: maybeText('The id of its container instance; null on Fargate'),
  machine: maybeText('The machine of that instance: `i-…` of EC2 or `mi-…` of Systems Manager'),
  seenAt: { type: 'string', format: 'date-time', description: 'When it was last observed' },
}

export const taskSchema: JsonSchema = exactly({
  arn: text("The task's ARN, in its long form"),
  id: text("The ARN's last part"),
  ...placeProperties,
  group: maybeText('`service:<name>`, `family:<name>`, or any group given at its start'),
  launchType: maybeText('`EC2`, `FARGATE` or `EXTERNAL`; ECS may add others'),
  lastStatus: text('Also STOPPED for a task that a newer snapshot does not list'),
  desiredStatus: text('Likewise'),
  health: { type: ['string', 'null'], enum: ['HEALTHY', 'UNHEALTHY', 'UNKNOWN', null] },
  version: count("ECS's count of the changes of the task"),
  containers: listOf(exactly(containerProperties), 'By name'),
})

export const containerSchema: JsonSchema = exactly({
  ...containerProperties,
  former: {
    type: 'boolean',
    description:
      'Whether ECS restarted it within its task, so that the container of that name has another id now',
  },
  task: text("Its task's id"),
  taskArn: text("Its task's ARN"),
  ...placeProperties,
})

const containerOf = ({ container, image, ports }: LocatedContainer) => ({
  name: container.name,
  id: container.runtimeId ?? null,
  arn: container.arn ?? null,
  image: image ?? null,
  lastStatus: container.lastStatus,
  ports: ports.map(({ containerPort, hostPort, protocol, count: many }) => ({
    containerPort,
    hostPort,
    protocol,
    count: many,
  })),
})

const placeOf = ({ resources }: Pick<TaskIndex, 'resources'>, record: TaskRecord) => {
  const { task, cluster, phase } = record
  const { family, revision } = familyOf(task)
  const instance = resources.instance(task.instance)
  const addresses = addressesOf(record, instance)
  return {
    cluster: lastSegment(cluster),
    clusterArn: cluster,
    service: serviceOf(task) ?? null,
    family: family || null,
    revision: revision || null,
    phase,
    ip: addresses?.ipv4 ?? addresses?.ipv6 ?? null,
    instance: task.instance === undefined ? null : lastSegment(task.instance),
    machine: instance?.machine?.id ?? null,
    seenAt: new Date(task.at).toISOString(),
  }
}

/** A task as JSON (`taskSchema`). */
export const taskJson = (index: Pick<TaskIndex, 'resources'>, record: TaskRecord) => {
  const { arn, id, task } = record
  return {
    arn,
    id,
    ...placeOf(index, record),
    group: task.group ?? null,
    launchType: task.launchType ?? null,
    ...statusesOf(record),
    health: task.health?.status ?? null,
    version: task.version,
    containers: locatedContainers(index, record).map(containerOf),
  }
}

/** A container as JSON (`containerSchema`). */
export const containerJson = (index: Pick<TaskIndex, 'resources'>, located: LocatedContainer) => {
  const { record, isFormer } = located
  return {
    ...containerOf(located),
    former: isFormer,
    task: record.id,
    taskArn: record.arn,
    ...placeOf(index, record),
  }
}
