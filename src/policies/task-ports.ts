import type { Binding } from '../core/binding.js'
import type { Exposable } from '../core/policy.js'
import type { TaskDefinition } from '../core/task-definition.js'

/** Where a port, or a range of them, of one container is reached on the task's host. */
export interface TaskPort {
  readonly container: string
  readonly binding: Binding
}

/**
 * The ports of a task: ECS tells bindings for bridge mode; otherwise the definition maps them, to the same port of
 * the host. `undefined` until the definition is known, where it is what tells.
 */
export const taskPorts = (
  task: Exposable,
  definition: TaskDefinition | undefined,
): readonly TaskPort[] | undefined => {
  const bound = task.containers.flatMap(({ name, bindings }) =>
    bindings.map((binding) => ({ container: name, binding })),
  )
  if (bound.length > 0) return bound
  if (definition === undefined) return undefined
  // In bridge mode the host's port is chosen at the start: without a binding it is not published.
  if (definition.networkMode === 'bridge' || definition.networkMode === 'none') return []
  return definition.containers.flatMap(({ name, ports }) =>
    ports.map((binding) => ({ container: name, binding })),
  )
}
