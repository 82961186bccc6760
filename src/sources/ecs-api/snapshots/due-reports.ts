import type { ClusterArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { Notice } from '../../../core/source.js'

/** Smaller changes are not worth telling. */
const leastChangeMs: Millis = 1_000

/** Tells when the next snapshot of a cluster is due, when that changes. */
export class DueReports {
  #told: Millis | undefined

  constructor(private readonly emit: (notice: Notice) => void) {}

  /** `cluster`: `undefined` while it is not known what its name stands for. */
  is(cluster: ClusterArn | undefined, at: Millis): void {
    if (cluster === undefined) return
    if (this.#told !== undefined && Math.abs(at - this.#told) < leastChangeMs) return
    this.#told = at
    this.emit({ _tag: 'SnapshotDue', cluster, at })
  }
}
