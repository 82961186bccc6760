/**
 * The statuses of tasks and containers. The type is open, because ECS may add others; an unknown status never counts as
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

/** The position of a status in the task lifecycle; 0 for an unknown status. */
export const lifecycleRank = (status: TaskStatus): number => lifecycle.get(status) ?? 0
