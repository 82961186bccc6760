import { sameSite, type Task } from '../../core/task.js'

/** Whether two observations of a task look the same. Versions and times differ with every snapshot and do not count. */
export const sameView = (a: Task, b: Task): boolean =>
  a === b ||
  (a.lastStatus === b.lastStatus &&
    a.desiredStatus === b.desiredStatus &&
    a.health?.status === b.health?.status &&
    sameSite(a, b) &&
    a.containers.every((container, i) => {
      const other = b.containers[i]
      return container.lastStatus === other?.lastStatus && container.runtimeId === other.runtimeId
    }))
