import type { ClusterArn } from './arn.js'
import type { ClusterState, Mark } from './cluster-state.js'
import type { Task } from './task.js'

/**
 * Returns a predicate: whether the newest snapshots of both states describe a task of the newer state as it is known.
 * Nothing that is believed of the task then depends on which of the two snapshots is the newest.
 */
export const listedAsBefore = (
  last: Pick<ClusterState, 'marks'>,
  state: Pick<ClusterState, 'marks'>,
): ((task: Task) => boolean) => {
  const marks = new Map<ClusterArn, { readonly before: Mark | undefined; readonly after: Mark | undefined }>()
  return (task) => {
    const { arn, cluster } = task
    const known = marks.get(cluster) ?? { before: last.marks.get(cluster), after: state.marks.get(cluster) }
    marks.set(cluster, known)
    return known.after?.tasks.get(arn) === task && known.before?.tasks.get(arn) === task
  }
}
