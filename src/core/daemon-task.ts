/**
 * Managed daemons: tasks that ECS runs once on each Managed Instance. Their definitions are of a kind of their own
 * (`arn:aws:ecs:…:daemon-task-definition/agent:2`), which DescribeTaskDefinition refuses, and whose containers have
 * neither port mappings nor docker labels. So all that policies read of one is known without asking.
 */
import type { DefinitionArn } from './arn.js'
import type { TaskDefinition } from './task-definition.js'
import type { Task } from './task.js'

export const isDaemonDefinition = (arn: DefinitionArn): boolean => arn.includes(':daemon-task-definition/')

/**
 * Whether a task is a daemon's. Its definition decides: the group of a task that RunTask started may be any text, and
 * counts only where no definition was told.
 */
export const isDaemon = ({ definition, group }: Pick<Task, 'definition' | 'group'>): boolean =>
  definition === undefined ? group?.startsWith('daemon:') === true : isDaemonDefinition(definition)

/** What policies may know of a daemon's definition: it offers nothing. */
export const daemonDefinition = (arn: DefinitionArn): TaskDefinition => ({
  arn,
  networkMode: 'host',
  containers: [],
})
