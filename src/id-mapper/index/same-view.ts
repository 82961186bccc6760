import { sameSite, type Task } from '../../core/task.js'

/** Whether two records show the same of a task: versions and times differ with every snapshot, and are no change. */
export const sameSight = (a: Task, b: Task): boolean =>
  a === b ||
  (a.lastStatus === b.lastStatus &&
    a.desiredStatus === b.desiredStatus &&
    a.health?.status === b.health?.status &&
    sameSite(a, b) &&
    a.containers.every((container, i) => {
      const other = b.containers[i]
      return container.lastStatus === other?.lastStatus && container.runtimeId === other.runtimeId
    }))
