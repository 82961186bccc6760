/**
 * Containers that AWS adds to a task: the proxy of Service Connect, the agent of GuardDuty, the ECS agent's own. They
 * occur in events and in DescribeTasks as if the user had defined them, in bridge mode with bindings of their own.
 * Source: Amazon ECS Developer Guide, "Service Connect concepts"; Amazon GuardDuty User Guide, "Runtime Monitoring".
 */
import type { Exposable } from './policy.js'
import type { TaskDefinition } from './task-definition.js'

const prefixes = ['ecs-service-connect-', 'aws-guardduty-agent-', '~internal~ecs~']

/** Whether AWS names the containers that it adds in this way. A user may have named one so too. */
export const hasInjectedName = (container: string): boolean =>
  prefixes.some((prefix) => container.startsWith(prefix) && container.length > prefix.length)

interface Defined {
  /** Without what AWS added to it. */
  readonly definition: TaskDefinition
  readonly names: ReadonlySet<string>
}

// Many tasks have the same definition, and policies remember what they made of one.
const defined = new WeakMap<TaskDefinition, Defined>()

/** What the user defined. A container with an image is the user's, whatever its name. */
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
 * What of a task is the user's: the containers that its definition has, or, while that is not known, those without a
 * name of AWS's kind. The same objects, where that is all.
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
