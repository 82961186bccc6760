import type { Exposable } from './policy.js'

/** The name of a task's service. */
export const serviceOf = (task: Exposable): string | undefined =>
  (task.group?.startsWith('service:') === true && task.group.slice('service:'.length)) || undefined
