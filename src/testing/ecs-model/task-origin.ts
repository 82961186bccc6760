import type { TaskContainerOptions } from './task-container.js'
import type { HealthStatus, TaskFacts } from './task-facts.js'
import type { TaskSite } from './task-site.js'
import type { TaskVariations } from './task-stages.js'

/** A task definition, as far as the life of a task depends on it. */
export interface DefinitionSpec {
  readonly arn: string
  readonly networkMode: 'bridge' | 'awsvpc' | 'host'
  readonly launchType: TaskFacts['launchType']
}

/** What a task begins with. */
export interface TaskOrigin<Site extends TaskSite> {
  readonly id: string
  readonly site: Site
  readonly definition: DefinitionSpec
  /** The essential one first. */
  readonly containers: readonly Omit<TaskContainerOptions, 'binds'>[]
  readonly group: string
  readonly startedBy: string
  /** The value of an environment override. People put secrets there, and events contain them. */
  readonly secret: string
  readonly health: HealthStatus
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly variations: TaskVariations
}
