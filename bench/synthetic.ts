import type { ClusterEvent, Task } from 'ecs-task-stream'

export const clusterArn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/bench'

const hex = (n: number): string => ((n * 2654435761) >>> 0).toString(16).padStart(8, '0')

interface ServiceNames {
  readonly name: string
  readonly group: string
  readonly definition: string
}

const names = new Map<number, ServiceNames>()

const namesOf = (service: number): ServiceNames => {
  const known = names.get(service)
  if (known !== undefined) return known
  const name = `service-${service}`
  const made = {
    name,
    group: `service:${name}`,
    definition: `arn:aws:ecs:eu-west-1:123456789012:task-definition/${name}:1`,
  }
  names.set(service, made)
  return made
}

/**
 * A running Fargate task with one container, as the codec makes it: names that tasks share are one string, and all
 * others are strings of their own, as from separate messages.
 */
export const task = (index: number, service: number, version: number, status = 'RUNNING'): Task => ({
  arn: `arn:aws:ecs:eu-west-1:123456789012:task/bench/${hex(index)}${hex(index + 1)}${hex(index + 2)}${hex(index + 3)}`,
  cluster: clusterArn,
  group: namesOf(service).group,
  definition: namesOf(service).definition,
  instance: undefined,
  launchType: 'FARGATE',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version,
  at: 1_700_000_000_000 + version,
  lastStatus: status,
  desiredStatus: 'RUNNING',
  interface: {
    version,
    ipv4: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    ipv6: undefined,
  },
  containers: [
    {
      name: namesOf(service).name,
      version,
      lastStatus: status,
      arn: undefined,
      runtimeId: undefined,
      bindingsVersion: version,
      bindings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp', count: 1 }],
    },
  ],
  health: undefined,
})

export const changed = (what: Task): ClusterEvent => ({ _tag: 'TaskChanged', task: what })
