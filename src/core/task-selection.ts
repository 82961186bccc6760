import { lastSegment } from './arn.js'
import type { Exposable } from './policy.js'
import { serviceOf } from './service-of.js'

/** Selects the tasks of a service, of a task definition family, or of both. At least one must be given. */
export interface TaskSelection {
  /** By name or ARN. */
  readonly service?: string | undefined
  /** Such as `web`, or `web:3` for a single revision. */
  readonly family?: string | undefined
}

/** Whether the task is selected; `undefined` while its definition is unknown. */
export const selects = ({ service, family }: TaskSelection, task: Exposable): boolean | undefined => {
  if (service !== undefined && serviceOf(task) !== lastSegment(service)) return false
  if (family === undefined) return true
  if (task.definition === undefined) return undefined
  const revision = lastSegment(task.definition)
  return family.includes(':') ? revision === family : revision.slice(0, revision.lastIndexOf(':')) === family
}
