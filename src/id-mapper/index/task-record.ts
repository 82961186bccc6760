import { type ClusterArn, lastSegment, type TaskArn } from '../../core/arn.js'
import type { Container, Task } from '../../core/task.js'
import { lifecycleRank } from '../../core/task-status.js'

/**
 * Where a task is in its life, as people ask for it: `stopping` is told to stop and has not yet; `stopped` has, or a
 * newer snapshot of its cluster does not name it.
 */
export type Phase = 'pending' | 'running' | 'stopping' | 'stopped'

export const phases = ['pending', 'running', 'stopping', 'stopped'] as const

const RUNNING = lifecycleRank('RUNNING')
const STOPPED = lifecycleRank('STOPPED')

/** `ruledOut`: by a newer snapshot. */
export const phaseOf = ({ lastStatus, desiredStatus }: Task, ruledOut: boolean): Phase => {
  const rank = lifecycleRank(lastStatus)
  if (ruledOut || rank >= STOPPED) return 'stopped'
  if (desiredStatus === 'STOPPED' || rank > RUNNING) return 'stopping'
  return rank === RUNNING ? 'running' : 'pending'
}

/** A task as the index holds it. The index alone writes it. */
export interface TaskRecord {
  readonly arn: TaskArn
  /** The ARN's last segment. */
  readonly id: string
  readonly cluster: ClusterArn
  readonly task: Task
  readonly phase: Phase
  /** Containers under runtime ids that they no longer have, the latest first: ECS restarted them within the task. */
  readonly former: readonly Container[]
}

/** A container that a task has, or had. */
export interface ContainerOfTask {
  readonly container: Container
  /** Whether the task's container of that name has another runtime id by now. */
  readonly isFormer: boolean
}

/** The containers that a task has, and then those that it had. */
export const containersOf = ({ task, former }: TaskRecord): readonly ContainerOfTask[] => [
  ...task.containers.map((container) => ({ container, isFormer: false })),
  ...former.map((container) => ({ container, isFormer: true })),
]

/** By id, which is how people look for tasks, and by ARN where two clusters have one. */
export const compareRecords = (a: TaskRecord, b: TaskRecord): number =>
  a.id === b.id ? (a.arn === b.arn ? 0 : a.arn < b.arn ? -1 : 1) : a.id < b.id ? -1 : 1

/** The name and the revision of a task's definition; empty where it is not known. */
export const familyOf = ({
  definition = '',
}: Task): { readonly family: string; readonly revision: string } => {
  const [family = '', revision = ''] = lastSegment(definition).split(':')
  return { family, revision }
}
