import { lastSegment } from '../../core/arn.js'
import { serviceOf } from '../../policies/service-ports.js'
import { count, exactly, type JsonSchema, listOf, maybeText, text } from '../openapi/json-schema.js'
import { addressesOf, type LocatedContainer, locatedContainers, statusesOf } from './located-container.js'
import type { TaskIndex } from './task-index.js'
import { familyOf, phases, type TaskRecord } from './task-record.js'

const port = exactly({
  containerPort: count('Inside the container'),
  hostPort: count("At the task's `ip`"),
  protocol: { type: 'string', enum: ['tcp', 'udp'] },
  count: count('More than 1 for a range of ports, which are mapped in step'),
})

const containerProperties = {
  name: text('As in the task definition'),
  id: maybeText("The runtime's id, as `docker ps --no-trunc` has it; null until the container is made"),
  arn: maybeText('Of the container'),
  image: maybeText('Of the task definition'),
  lastStatus: text('As ECS told it'),
  ports: listOf(port, 'Published ports'),
}

/** What a task and each of its containers say of where they belong. */
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
      '`stopping`: told to stop. `stopped`: it has stopped, or a newer snapshot of its cluster does not name it',
  },
  ip: maybeText("Where its ports are reached: the address of the task's interface, or of its instance"),
  instance: maybeText('The id of its container instance; null on Fargate'),
  machine: maybeText('What that instance is: `i-…` of EC2 or `mi-…` of Systems Manager'),
  seenAt: { type: 'string', format: 'date-time', description: 'When it was last heard of' },
}

export const taskSchema: JsonSchema = exactly({
  arn: text("The task's ARN, in its long form"),
  id: text("The ARN's last part"),
  ...placeProperties,
  group: maybeText('`service:<name>`, `family:<name>`, or what the one who started it chose'),
  launchType: maybeText('`EC2`, `FARGATE` or `EXTERNAL`; ECS may add others'),
  lastStatus: text('STOPPED too for a task that no snapshot names'),
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

const placeOf = ({ surroundings }: Pick<TaskIndex, 'surroundings'>, record: TaskRecord) => {
  const { task, cluster, phase } = record
  const { family, revision } = familyOf(task)
  const instance = surroundings.instance(task.instance)
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

/** A task as JSON, by `taskSchema`. */
export const taskView = (index: Pick<TaskIndex, 'surroundings'>, record: TaskRecord) => {
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

/** A container as JSON, by `containerSchema`. */
export const containerView = (index: Pick<TaskIndex, 'surroundings'>, located: LocatedContainer) => {
  const { record, isFormer } = located
  return {
    ...containerOf(located),
    former: isFormer,
    task: record.id,
    taskArn: record.arn,
    ...placeOf(index, record),
  }
}
