import type { TaskArn } from '../../core/arn.js'
import type { ClusterState } from '../../core/cluster-state.js'

/**
 * The tasks of which two states may say something else: those that differ, those of clusters with a new snapshot, which
 * may rule out any of them, and those whose definition became known.
 */
export const changedTasks = (before: ClusterState, after: ClusterState): ReadonlySet<TaskArn> => {
  const changed = new Set<TaskArn>()
  after.tasks.diff(before.tasks, (arn) => changed.add(arn))
  const news = new Set<string | undefined>()
  after.marks.diff(before.marks, (cluster) => news.add(cluster))
  after.definitions.diff(before.definitions, (arn) => news.add(arn))
  if (news.size > 0)
    for (const [arn, { cluster, definition }] of after.tasks)
      if (news.has(cluster) || news.has(definition)) changed.add(arn)
  return changed
}
