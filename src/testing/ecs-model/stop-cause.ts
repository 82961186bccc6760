/** Why a task stops. */
export interface StopCause {
  readonly code:
    'ServiceSchedulerInitiated' | 'EssentialContainerExited' | 'UserInitiated' | 'TaskFailedToStart'
  readonly reason: string
}

/** How a container ended. */
export interface ContainerExit {
  /** `undefined` if it has never started. */
  readonly code: number | undefined
  /** ECS's text; `undefined` for an exit that says nothing more than its code. */
  readonly reason: string | undefined
}

export const outOfMemory: ContainerExit = {
  code: 137,
  reason: 'OutOfMemoryError: Container killed due to memory usage',
}

/** The process ended by itself, with an error. */
export const failedExit: ContainerExit = { code: 1, reason: undefined }

/** The container has never started, because there is no such image. */
export const noImage: ContainerExit = {
  code: undefined,
  reason:
    'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: not found',
}

export const failedToStart: StopCause = {
  code: 'TaskFailedToStart',
  reason: 'Task failed to start',
}

export const scalingIn: StopCause = {
  code: 'ServiceSchedulerInitiated',
  reason: 'Scaling activity initiated by deployment',
}

export const instanceDrains: StopCause = {
  code: 'ServiceSchedulerInitiated',
  reason: 'Host instance is draining',
}

export const essentialExited: StopCause = {
  code: 'EssentialContainerExited',
  reason: 'Essential container in task exited',
}
