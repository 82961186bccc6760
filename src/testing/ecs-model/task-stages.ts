/** The states of the task lifecycle in the ECS Developer Guide. */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'

/** A transition of a task: to the next status, or a change that keeps the status and still has a new version. */
export type TaskStage = Exclude<TaskStatus, 'PROVISIONING'> | 'pulled' | 'attachments lost' | 'draining'

/** What ECS does for some tasks and not for others. Each is asked at most once a task, and only if it matters. */
export interface TaskVariations {
  /** The pulled image has a version of its own. */
  readonly pulled: () => boolean
  /** One version before RUNNING contains no attachment in its event. */
  readonly losesAttachments: () => boolean
  /** A running task that has to stop has a version in which it still runs. On an instance, it always has. */
  readonly drains: () => boolean
}

/** From the first status to RUNNING. A task without an interface of its own has no PROVISIONING and no ACTIVATING. */
export const stagesToRun = (
  ownInterface: boolean,
  { pulled, losesAttachments }: TaskVariations,
): readonly TaskStage[] =>
  ownInterface
    ? [
        'PENDING',
        ...(pulled() ? (['pulled'] as const) : []),
        'ACTIVATING',
        ...(losesAttachments() ? (['attachments lost'] as const) : []),
        'RUNNING',
      ]
    : ['RUNNING']

/** From any status to STOPPED, in order. A task that never ran skips the statuses after RUNNING. */
export const stagesToStop = (
  ownInterface: boolean,
  lastStatus: TaskStatus,
  { drains }: TaskVariations,
): readonly TaskStage[] => {
  if (!ownInterface) return ['draining', 'STOPPED']
  if (lastStatus !== 'RUNNING') return ['DEPROVISIONING', 'STOPPED']
  return [
    ...(drains() ? (['draining'] as const) : []),
    'DEACTIVATING',
    'STOPPING',
    'DEPROVISIONING',
    'STOPPED',
  ]
}

/** To STOPPED after the essential container has exited. `whole`: without any step in between. */
export const stagesOfCrash = (ownInterface: boolean, whole: boolean): readonly TaskStage[] =>
  ownInterface && !whole ? ['DEPROVISIONING', 'STOPPED'] : ['STOPPED']
