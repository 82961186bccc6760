import type { Mark } from './cluster-state.js'
import type { TaskDefinition } from './task-definition.js'
import { hasBeenHealthy, type Task } from './task.js'

/**
 * What the health checks of containers mean for a task that ECS has not reported HEALTHY yet.
 *
 * - `advisory`: nothing. It is offered as soon as it runs.
 * - `required`: it is not offered, as if it did not run yet. That is for tasks whose definition has a health check of an
 *   essential container; for others, ECS never reports any health. Once a task has been HEALTHY, `HealthPolicy` decides.
 */
export type HealthChecks = 'advisory' | 'required'

export const defaultHealthChecks: HealthChecks = 'advisory'

/**
 * What is known of a task's first HEALTHY.
 * - `reported`: ECS has reported it.
 * - `awaited`: it has not, as far as is known.
 * - `unasked`: nothing has been heard of the task's health, nor a snapshot of its cluster: a worker that has just
 *   started may meet a task that has been HEALTHY for long.
 */
export type FirstHealth = 'reported' | 'awaited' | 'unasked'

export const firstHealthOf = ({ health }: Pick<Task, 'health'>, mark: Mark | undefined): FirstHealth => {
  if (hasBeenHealthy(health)) return 'reported'
  return health === undefined && mark === undefined ? 'unasked' : 'awaited'
}

/** Whether ECS reports the health of the definition's tasks. */
export const hasHealthCheck = ({ containers }: Pick<TaskDefinition, 'containers'>): boolean =>
  containers.some(({ healthCheck }) => healthCheck === true)
