/**
 * Containers that AWS adds to a task: the Service Connect proxy, the GuardDuty agent, and the ECS agent's own. They
 * appear in events and in DescribeTasks like the user's containers, in bridge mode with their own bindings.
 * Source: Amazon ECS Developer Guide, "Service Connect concepts"; Amazon GuardDuty User Guide, "Runtime Monitoring".
 */
import type { Exposable } from './policy.js'
import type { TaskDefinition } from './task-definition.js'

const prefixes = ['ecs-service-connect-', 'aws-guardduty-agent-', '~internal~ecs~']

/** Whether a name looks like that of a container that AWS adds. A user may have chosen such a name, too. */
export const hasInjectedName = (container: string): boolean =>
  prefixes.some((prefix) => container.startsWith(prefix) && container.length > prefix.length)

interface Defined {
  /** Without the containers that AWS added. */
  readonly definition: TaskDefinition
  readonly names: ReadonlySet<string>
}

// A cache: many tasks share a definition, and policies cache by its identity.
const defined = new WeakMap<TaskDefinition, Defined>()

/** The user's own part of a definition. A container with an image is the user's, whatever its name. */
const definedBy = (definition: TaskDefinition): Defined => {
  const known = defined.get(definition)
  if (known !== undefined) return known
  const containers = definition.containers.filter(
    ({ name, image }) => image !== undefined || !hasInjectedName(name),
  )
  const all = containers.length === definition.containers.length
  const found = {
    definition: all ? definition : { ...definition, containers },
    names: new Set(containers.map(({ name }) => name)),
  }
  defined.set(definition, found)
  return found
}

/**
 * A task and its definition without containers that AWS added. While the definition is unknown, containers are
 * recognised by name. Returns the same objects if nothing is removed.
 */
export const withoutInjected = (
  task: Exposable,
  definition: TaskDefinition | undefined,
): readonly [Exposable, TaskDefinition | undefined] => {
  const own = definition === undefined ? undefined : definedBy(definition)
  const isOwn = ({ name }: { readonly name: string }): boolean =>
    own === undefined ? !hasInjectedName(name) : own.names.has(name)
  return [
    task.containers.every(isOwn) ? task : { ...task, containers: task.containers.filter(isOwn) },
    own?.definition,
  ]
}
