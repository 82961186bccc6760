import type { Gauge } from 'prom-client'
import type { Observable } from 'rxjs'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import { nameLabel } from './closed-label.js'

/** Tells when the newest snapshot of each cluster began, and its size. */
export const measureSnapshots = (
  state$: Observable<Pick<ClusterState, 'marks'>>,
  { time, tasks }: { readonly time: Gauge<'cluster'>; readonly tasks: Gauge<'cluster'> },
): void => {
  const label = nameLabel()
  let last = emptyState.marks
  state$.subscribe(({ marks }) => {
    marks.diff(last, (arn, _, mark) => {
      const cluster = label(arn)
      if (mark === undefined) {
        time.remove({ cluster })
        tasks.remove({ cluster })
        return
      }
      // 0 stands for a time that nobody can trust.
      if (mark.at > 0) time.set({ cluster }, mark.at / 1000)
      tasks.set({ cluster }, mark.tasks.size)
    })
    last = marks
  })
}
