import type { ClusterArn } from '../../../core/arn.js'
import type { Clock, Millis } from '../../../core/clock.js'
import type { ClusterState } from '../../../core/cluster-state.js'

/** The cluster with a name or ARN; `undefined` if it is not known what the name stands for. */
export const clusterNamed = (named: string, { identities }: ClusterState): ClusterArn | undefined =>
  named.startsWith('arn:') ? named : identities.get(named)?.clusters[0]

/** When the newest snapshots were taken, by this machine's clock. */
export class MarkArrivals {
  private readonly seenAt = new Map<ClusterArn, Millis>()

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** Called with each state and the one before it. */
  note({ marks: before }: ClusterState, { marks: after }: ClusterState): void {
    if (before === after) return
    after.diff(before, (cluster, known, mark) => {
      if (mark === undefined) this.seenAt.delete(cluster)
      else if (mark.order !== known?.order) this.seenAt.set(cluster, this.clock.now())
    })
  }

  /**
   * When the newest snapshot of a cluster was taken: when it arrived, or before, as a journal may have it from long ago.
   * `undefined` if there is none, if its time is unknown, or if it is not known what the name stands for.
   */
  of(named: string, state: ClusterState): Millis | undefined {
    const { marks } = state
    const cluster = clusterNamed(named, state)
    const mark = cluster === undefined ? undefined : marks.get(cluster)
    const seenAt = cluster === undefined ? undefined : this.seenAt.get(cluster)
    if (mark === undefined || seenAt === undefined) return undefined
    // Without a time of ECS, the snapshot rules out nothing, and must be repeated; after the clock jumped back, as well.
    return mark.at === 0 || seenAt > this.clock.now() ? undefined : Math.min(seenAt, mark.at)
  }
}
