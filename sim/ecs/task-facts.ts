import { groupOf } from './service-spec.js'
import type { SimulatedContainer, SimulatedTask } from './simulated-task.js'
import type { BindingFacts, ContainerFacts, TaskFacts } from '../../src/testing/ecs-json/task-facts.js'

/** What ECS writes about the task now. */
export const taskFacts = (task: SimulatedTask): TaskFacts => {
  const { site, definition } = task
  return {
    place: site.place,
    arn: task.arn,
    definitionArn: definition.arn,
    group: groupOf(task.service.spec),
    launchType: definition.launchType,
    instanceArn: site.instance?.arn,
    availabilityZone: site.availabilityZone,
    startedBy: task.startedBy,
    version: task.version,
    createdAt: task.createdAt,
    updatedAt: task.updatedAt,
    times: task.times,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    stopCause: task.stopCause,
    networkInterface: site.networkInterface,
    attachmentsLost: task.attachmentsLost,
    containers: task.containers.map((container) => containerFacts(task, container)),
    health: task.lastStatus === 'RUNNING' ? task.health : 'UNKNOWN',
  }
}

const containerFacts = (task: SimulatedTask, container: SimulatedContainer): ContainerFacts => {
  const { arn, spec, status, exitCode } = container
  return {
    arn,
    name: spec.name,
    image: spec.image,
    digest: spec.digest,
    runtimeId: task.times.pullStoppedAt === undefined ? undefined : container.runtimeId,
    lastStatus: status,
    exitCode,
    binding: bindingFacts(task, container),
    overrides: spec.essential ? { SECRET_TOKEN: task.secret } : {},
    health: status === 'RUNNING' && spec.essential ? task.health : 'UNKNOWN',
  }
}

const bindingFacts = (
  { site }: SimulatedTask,
  { spec, hostPort }: SimulatedContainer,
): BindingFacts | undefined =>
  hostPort === undefined
    ? undefined
    : {
        containerPort: spec.containerPort,
        hostPort,
        protocol: spec.protocol,
        dualStack: site.instance?.ipv6 !== undefined,
      }
