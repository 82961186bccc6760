import type { ClusterArn } from '../../core/arn.js'
import type { Notice } from '../../core/source.js'
import type { SnapshotTimes } from '../observed.js'

/** More clusters than a worker follows. */
const mostClusters = 1_000

/** What sources tell of their snapshots. */
export class SnapshotObserver {
  readonly #times = new Map<ClusterArn, SnapshotTimes>()

  noticed(notice: Notice): void {
    if (notice._tag === 'SnapshotTaken') this.#learn(notice.cluster, { tookMs: notice.tookMs })
    if (notice._tag === 'SnapshotDue') this.#learn(notice.cluster, { nextAt: notice.at })
  }

  get times(): ReadonlyMap<ClusterArn, SnapshotTimes> {
    return new Map(this.#times)
  }

  #learn(cluster: ClusterArn, told: Partial<SnapshotTimes>): void {
    const known = this.#times.get(cluster) ?? { tookMs: undefined, nextAt: undefined }
    if (this.#times.size < mostClusters || this.#times.has(cluster))
      this.#times.set(cluster, { ...known, ...told })
  }
}
