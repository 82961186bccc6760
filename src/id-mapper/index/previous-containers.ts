import type { Container, Task } from '../../core/task.js'

/** Maximum number of former containers per task: enough to see that it keeps restarting. */
const mostFormer = 10

const sameContainer = (a: Container, b: Container): boolean =>
  a.runtimeId === b.runtimeId && a.name === b.name

/** Whether the containers of both tasks have the same ids. */
export const sameIds = (a: Task, b: Task): boolean =>
  a.containers.length === b.containers.length &&
  a.containers.every((container, i) => {
    const other = b.containers[i]
    return other !== undefined && sameContainer(container, other)
  })

/** The former containers of a task after an update, and those that are dropped because there are too many. */
export const formerOf = (
  before: Task,
  after: Task,
  former: readonly Container[],
): { readonly former: readonly Container[]; readonly dropped: readonly Container[] } => {
  const replaced = before.containers.filter(
    (container, i) =>
      container.runtimeId !== undefined && container.runtimeId !== after.containers[i]?.runtimeId,
  )
  if (replaced.length === 0 && former.length === 0) return { former, dropped: [] }
  const all = [...replaced, ...former].filter(
    (one) => !after.containers.some((container) => sameContainer(container, one)),
  )
  return { former: all.slice(0, mostFormer), dropped: all.slice(mostFormer) }
}
