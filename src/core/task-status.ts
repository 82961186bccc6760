/**
 * The statuses of tasks and containers. ECS may add others, so the type is open; an unknown one is never taken for
 * running. Source: Amazon ECS Developer Guide, "Amazon ECS task lifecycle".
 */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'
  | 'DELETED'
  | (string & {})

const lifecycle = new Map<TaskStatus, number>([
  ['PROVISIONING', 1],
  ['PENDING', 2],
  ['ACTIVATING', 3],
  ['RUNNING', 4],
  ['DEACTIVATING', 5],
  ['STOPPING', 6],
  ['DEPROVISIONING', 7],
  ['STOPPED', 8],
  ['DELETED', 9],
])

/** How far along its life a task in this status is; 0 for a status that we do not know. */
export const lifecycleRank = (status: TaskStatus): number => lifecycle.get(status) ?? 0
