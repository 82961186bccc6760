import type { ClusterArn } from './arn.js'
import type { ClusterState } from './cluster-state.js'
import { type Sliced, sliceSize } from './sliced.js'

/**
 * Maximum number of tasks of a cluster that are known from events only, plus four for each task in the newest snapshot.
 * A deployment doubles the tasks of a cluster, and stopped ones are remembered for a minute, so honest events never
 * come close. Events of further tasks are ignored; the next snapshot lists the tasks that exist.
 */
export const mostUnlistedTasks = 20_000
const unlistedPerListed = 4

/** Bounds the memory for invented tasks in clusters that are covered by snapshots. */
export class TaskRoom {
  private known = new Map<ClusterArn, number>()

  /** Counts one more known task of a cluster. */
  add(cluster: ClusterArn): void {
    this.known.set(cluster, (this.known.get(cluster) ?? 0) + 1)
  }

  /** Recounts the known tasks, after tasks were forgotten or snapshots were folded. */
  *recount({ tasks }: Pick<ClusterState, 'tasks'>): Sliced<void> {
    const known = new Map<ClusterArn, number>()
    let count = 0
    for (const { cluster } of tasks.values()) {
      // Counting is far shorter than any other work.
      if (++count % (4 * sliceSize) === 0) yield
      known.set(cluster, (known.get(cluster) ?? 0) + 1)
    }
    this.known = known
  }

  /** Whether a new task of the cluster may be added. */
  hasRoom(cluster: ClusterArn, { marks }: Pick<ClusterState, 'marks'>): boolean {
    const listed = marks.get(cluster)?.tasks.size ?? 0
    return (this.known.get(cluster) ?? 0) < mostUnlistedTasks + (1 + unlistedPerListed) * listed
  }
}
