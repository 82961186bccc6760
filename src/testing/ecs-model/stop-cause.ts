/** Why a task stops. */
export interface StopCause {
  readonly code: 'ServiceSchedulerInitiated' | 'EssentialContainerExited' | 'UserInitiated'
  readonly reason: string
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
