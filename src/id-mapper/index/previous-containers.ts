import type { Container, Task } from '../../core/task.js'

/** The most former ids of the containers of one task: enough to see that it restarts again and again. */
const mostFormer = 10

const sameContainer = (a: Container, b: Container): boolean =>
  a.runtimeId === b.runtimeId && a.name === b.name

/** Whether the containers have the ids that they had. */
export const sameIds = (a: Task, b: Task): boolean =>
  a.containers.length === b.containers.length &&
  a.containers.every((container, i) => {
    const other = b.containers[i]
    return other !== undefined && sameContainer(container, other)
  })

/** What of a task's containers is former once it is as it is now, and what is dropped because it is too much. */
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
