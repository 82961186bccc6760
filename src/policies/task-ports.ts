import type { Binding } from '../core/binding.js'
import type { Exposable } from '../core/policy.js'
import type { TaskDefinition } from '../core/task-definition.js'

/** A port, or a range of ports, of one container on the task's host. */
export interface TaskPort {
  readonly container: string
  readonly binding: Binding
}

/**
 * The ports of a task. In bridge mode, ECS reports bindings; otherwise the task definition contains the ports, which
 * equal the host's. `undefined` if the definition is needed and not known yet.
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
  // In bridge mode, the host port is chosen at the start; without a binding, the port is not published.
  if (definition.networkMode === 'bridge' || definition.networkMode === 'none') return []
  return definition.containers.flatMap(({ name, ports }) =>
    ports.map((binding) => ({ container: name, binding })),
  )
}
