import type { Gauge } from 'prom-client'
import type { Observable } from 'rxjs'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'

/** Of each cluster with a snapshot. */
export interface SnapshotGauges {
  readonly time: Gauge<'cluster'>
  readonly tasks: Gauge<'cluster'>
  /** What sources tell. */
  readonly told: readonly Gauge<'cluster'>[]
}

/** Tells when the newest snapshot of each cluster began, and its size. Nothing is told of a cluster without one. */
export const measureSnapshots = (
  state$: Observable<Pick<ClusterState, 'marks'>>,
  { time, tasks, told }: SnapshotGauges,
  label: (cluster: string) => string,
): void => {
  let last = emptyState.marks
  state$.subscribe(({ marks }) => {
    marks.diff(last, (arn, _, mark) => {
      const cluster = label(arn)
      if (mark === undefined) {
        time.remove({ cluster })
        tasks.remove({ cluster })
        for (const gauge of told) gauge.remove({ cluster })
        return
      }
      // 0 stands for a time that nobody can trust.
      if (mark.at > 0) time.set({ cluster }, mark.at / 1000)
      tasks.set({ cluster }, mark.tasks.size)
    })
    last = marks
  })
}
