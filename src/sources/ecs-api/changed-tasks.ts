import type { TaskArn } from '../../core/arn.js'
import type { ClusterState } from '../../core/cluster-state.js'

/**
 * The tasks of which two states may say something else: those that differ, and those of clusters with a new snapshot,
 * which may rule out any of them. A snapshot costs one pass over the tasks.
 */
export const changedTasks = (before: ClusterState, after: ClusterState): Set<TaskArn> => {
  const changed = new Set<TaskArn>()
  after.tasks.diff(before.tasks, (arn) => changed.add(arn))
  const clusters = new Set<string>()
  after.marks.diff(before.marks, (cluster) => clusters.add(cluster))
  if (clusters.size > 0)
    for (const [arn, { cluster }] of after.tasks) if (clusters.has(cluster)) changed.add(arn)
  return changed
}
