import type { Exposable } from '../../../core/policy.js'
import { selects } from '../../../core/task-selection.js'
import type { ListedTasks } from './cluster-snapshot.js'

/**
 * Whether a snapshot of some tasks may list a task. `web:3` lists the whole family `web`. A task whose definition is not
 * known may be one of them.
 */
export const listed = ({ service, family }: ListedTasks): ((task: Exposable) => boolean) => {
  const selection = { service, family: family?.replace(/:.*/, '') }
  return (task) => selects(selection, task) !== false
}

/** Whether a snapshot lists all tasks. */
export const isAll = (only: ListedTasks | undefined): boolean =>
  only?.service === undefined && only?.family === undefined
