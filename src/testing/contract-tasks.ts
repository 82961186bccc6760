import type { ClusterEvent } from '../core/event.js'
import type { Task } from '../core/task.js'

const place = 'arn:aws:ecs:us-east-1:123456789012'
/** The cluster of all tasks of the contracts of sources and journals. */
export const contractCluster = `${place}:cluster/contract`

/** A running task. */
export const contractTask = (id: string): Task => ({
  arn: `${place}:task/contract/${id}`,
  cluster: contractCluster,
  group: 'service:contract',
  definition: `${place}:task-definition/contract:1`,
  instance: undefined,
  launchType: 'FARGATE',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version: 3,
  at: Date.UTC(2026, 0, 1),
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  interface: { version: 3, ipv4: '10.0.0.1', ipv6: undefined },
  containers: [],
  health: undefined,
})

/** A snapshot of these tasks. */
export const contractSnapshot = (order: number, ...tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster: contractCluster,
  at: order,
  order,
  tasks,
})
