import { lastSegment } from '../../core/arn.js'
import { serviceOf } from '../../core/service-of.js'
import { count, exactly, type JsonSchema, listOf, text } from '../openapi/json-schema.js'
import { type LocatedContainer, statusesOf } from '../index/located-container.js'
import { familyOf } from '../index/task-record.js'

/** The attributes of a container under ecs_id_mapper's names, as texts, and some more. Unknown ones are left out. */
const texts = {
  container_id: text("The runtime's id"),
  container_name: text('As in the task definition'),
  container_port: text('The first published port; 0 if there is none'),
  instance_port: text("Its port on the instance; 0 if it has none, as with a task's own interface"),
  task_id: text("The last part of the task's ARN"),
  task_name: text('The name of the task definition'),
  task_version: text('Its revision'),
  instance_ip: text('The address of the instance; not on Fargate'),
  instance_id: text('`i-…` or `mi-…`; not on Fargate'),
  instance_type: text('Such as `m6i.large`; EC2 only'),
  instance_az: text('The availability zone; EC2 only'),
  host_name: text('The private DNS name, or the name that Systems Manager has'),
  desired_status: text('Of the task'),
  known_status: text('Of the task; also STOPPED if a newer snapshot does not list it'),
  cluster_name: text("The cluster's name"),
  sample_time: text('When the task was last observed, in seconds since 1970'),
  cadvisor_url: text('From `CADVISOR_URL`'),
  graylog_url: text('From `GRAYLOG_URL`'),
  new_relic_url: text('From `NEW_RELIC_URL`'),
  task_arn: text("The task's ARN"),
  task_ip: text("The address of the task's own interface"),
  service_name: text('The service that started the task'),
  container_arn: text("The container's ARN"),
  container_status: text('Of this container'),
  image: text('Of the task definition'),
}

export type AttributeName = keyof typeof texts

export const attributeNames: readonly string[] = Object.keys(texts)

const port = exactly({
  container_port: count('Inside the container'),
  instance_port: count("On the instance, or on the task's own interface"),
  protocol: text('tcp or udp'),
  count: count('More than 1 for a range of ports'),
})

export const attributesSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: [
    'container_name',
    'container_port',
    'instance_port',
    'task_id',
    'desired_status',
    'known_status',
    'cluster_name',
    'sample_time',
    'task_arn',
    'container_status',
    'ports',
  ],
  properties: { ...texts, ports: listOf(port, 'All published ports') },
}

export type TextAttributes = Readonly<Partial<Record<AttributeName, string>>>

/** The known text attributes, without URLs. */
export const textAttributes = (located: LocatedContainer): TextAttributes => {
  const { record, container, image, instance, ports, hasInterface } = located
  const { task } = record
  const { family, revision } = familyOf(task)
  const { lastStatus, desiredStatus } = statusesOf(record)
  const [first] = ports
  const known: Readonly<Partial<Record<AttributeName, string | undefined>>> = {
    container_id: container.runtimeId,
    container_name: container.name,
    container_port: String(first?.containerPort ?? 0),
    instance_port: String((hasInterface ? undefined : first?.hostPort) ?? 0),
    task_id: record.id,
    task_name: family || undefined,
    task_version: revision || undefined,
    instance_ip: instance?.addresses.ipv4 ?? instance?.addresses.ipv6,
    instance_id: instance?.machine?.id,
    instance_type: instance?.machine?.type,
    instance_az: instance?.machine?.zone,
    host_name: instance?.machine?.hostName,
    desired_status: desiredStatus,
    known_status: lastStatus,
    cluster_name: lastSegment(record.cluster),
    sample_time: String(task.at / 1000),
    task_arn: record.arn,
    task_ip: task.interface?.ipv4 ?? task.interface?.ipv6,
    service_name: serviceOf(task),
    container_arn: container.arn,
    container_status: record.phase === 'stopped' || located.isFormer ? 'STOPPED' : container.lastStatus,
    image,
  }
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** All published ports. `container_port` and `instance_port` are only the first one. */
export const portAttributes = ({ ports }: LocatedContainer) =>
  ports.map(({ containerPort, hostPort, protocol, count: many }) => ({
    container_port: containerPort,
    instance_port: hostPort,
    protocol,
    count: many,
  }))
