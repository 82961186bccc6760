import type { ClusterArn } from './arn.js'
import type { ClusterState } from './cluster-state.js'

/**
 * How many tasks of a cluster may be known from events alone: this many, and four for each task that the newest
 * snapshot listed. A deployment doubles the tasks of a cluster, and stopped ones are remembered for a minute; nothing
 * honest comes near it. Events of further tasks are left to the next snapshot, which lists those that there are.
 */
export const mostUnlistedTasks = 20_000
const unlistedPerListed = 4

/** Bounds the memory that invented tasks can take, in clusters of which snapshots are promised. */
export class TaskRoom {
  private known = new Map<ClusterArn, number>()

  /** Counts anew what is known: when tasks were forgotten, or a snapshot was folded. */
  recount({ tasks }: Pick<ClusterState, 'tasks'>): void {
    this.known = new Map()
    for (const { cluster } of tasks.values()) this.add(cluster)
  }

  /** One more task of a cluster is known. */
  add(cluster: ClusterArn): void {
    this.known.set(cluster, (this.known.get(cluster) ?? 0) + 1)
  }

  /** Whether a task that nothing is known of may be remembered. */
  hasRoom(cluster: ClusterArn, { marks }: Pick<ClusterState, 'marks'>): boolean {
    const listed = marks.get(cluster)?.tasks.size ?? 0
    return (this.known.get(cluster) ?? 0) < mostUnlistedTasks + (1 + unlistedPerListed) * listed
  }
}
