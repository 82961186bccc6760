import type { TaskArn } from '../../core/arn.js'
import type { ClusterState } from '../../core/cluster-state.js'
import { listedAsBefore } from '../../core/listed-as-before.js'

/**
 * The tasks of which two states may say something else: those that differ, and those of clusters with a new snapshot
 * that does not describe them as they were known. A snapshot costs one pass over the tasks.
 */
export const changedTasks = (before: ClusterState, after: ClusterState): Set<TaskArn> => {
  const changed = new Set<TaskArn>()
  after.tasks.diff(before.tasks, (arn) => changed.add(arn))
  const clusters = new Set<string>()
  after.marks.diff(before.marks, (cluster) => clusters.add(cluster))
  const isListedAsBefore = listedAsBefore(before, after)
  if (clusters.size > 0)
    for (const [arn, task] of after.tasks)
      if (clusters.has(task.cluster) && !isListedAsBefore(task)) changed.add(arn)
  return changed
}
