import { type ClusterArn, lastSegment, type TaskArn } from '../../core/arn.js'
import type { Container, Task } from '../../core/task.js'
import { lifecycleRank } from '../../core/task-status.js'

/**
 * The phase of a task. `stopping`: asked to stop, and has not stopped yet. `stopped`: it has stopped, or a newer
 * snapshot of its cluster does not list it.
 */
export type Phase = 'pending' | 'running' | 'stopping' | 'stopped'

export const phases = ['pending', 'running', 'stopping', 'stopped'] as const

const RUNNING = lifecycleRank('RUNNING')
const STOPPED = lifecycleRank('STOPPED')

/** `ruledOut`: a newer snapshot does not list the task. */
export const phaseOf = ({ lastStatus, desiredStatus }: Task, ruledOut: boolean): Phase => {
  const rank = lifecycleRank(lastStatus)
  if (ruledOut || rank >= STOPPED) return 'stopped'
  if (desiredStatus === 'STOPPED' || rank > RUNNING) return 'stopping'
  return rank === RUNNING ? 'running' : 'pending'
}

/** A task in the index. Only the index modifies it. */
export interface TaskRecord {
  readonly arn: TaskArn
  /** The ARN's last segment. */
  readonly id: string
  readonly cluster: ClusterArn
  readonly task: Task
  readonly phase: Phase
  /** Containers with former runtime ids, newest first: ECS restarted them within the task. */
  readonly former: readonly Container[]
}

/** A current or former container of a task. */
export interface ContainerOfTask {
  readonly container: Container
  /** Whether the task's container of that name has a new runtime id. */
  readonly isFormer: boolean
}

/** The current containers of a task, followed by the former ones. */
export const containersOf = ({ task, former }: TaskRecord): readonly ContainerOfTask[] => [
  ...task.containers.map((container) => ({ container, isFormer: false })),
  ...former.map((container) => ({ container, isFormer: true })),
]

/** Orders by id, which is how people search, then by ARN, because two clusters may have the same task id. */
export const compareRecords = (a: TaskRecord, b: TaskRecord): number =>
  a.id === b.id ? (a.arn === b.arn ? 0 : a.arn < b.arn ? -1 : 1) : a.id < b.id ? -1 : 1

/** The name and revision of a task's definition; empty if unknown. */
export const familyOf = ({
  definition = '',
}: Task): { readonly family: string; readonly revision: string } => {
  const [family = '', revision = ''] = lastSegment(definition).split(':')
  return { family, revision }
}
