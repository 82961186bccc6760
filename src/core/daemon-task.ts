/**
 * Managed daemons: tasks that ECS runs once on each Managed Instance. Their definitions
 * (`arn:aws:ecs:…:daemon-task-definition/agent:2`) are refused by DescribeTaskDefinition, and their containers have
 * neither port mappings nor Docker labels. Everything that policies read is therefore known without a lookup.
 */
import type { DefinitionArn } from './arn.js'
import type { TaskDefinition } from './task-definition.js'
import type { Task } from './task.js'

export const isDaemonDefinition = (arn: DefinitionArn): boolean => arn.includes(':daemon-task-definition/')

/**
 * Whether a task belongs to a daemon. Its definition decides. The group counts only without a definition, because
 * RunTask allows any text as group.
 */
export const isDaemon = ({ definition, group }: Pick<Task, 'definition' | 'group'>): boolean =>
  definition === undefined ? group?.startsWith('daemon:') === true : isDaemonDefinition(definition)

/** The definition of a daemon, as policies see it: it exposes nothing. */
export const daemonDefinition = (arn: DefinitionArn): TaskDefinition => ({
  arn,
  networkMode: 'host',
  containers: [],
})
