import type { ClusterArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import { type Sliced, sliceSize } from '../../../core/sliced.js'
import type { TaskChange } from './agreement.js'
import type { ClusterWatch } from './cluster-watch.js'

/** The watches of all followed clusters, fed with the changes of the state. */
export class ClusterWatches {
  private readonly watches = new Map<ClusterArn, ClusterWatch>()

  constructor(
    private readonly isFollowed: (cluster: ClusterArn, state: ClusterState) => boolean,
    private readonly make: (cluster: ClusterArn) => ClusterWatch,
  ) {}

  of(cluster: ClusterArn): ClusterWatch | undefined {
    return this.watches.get(cluster)
  }

  /** Called with a state and the one that was noted before it. */
  *note(before: ClusterState, after: ClusterState, now: Millis): Sliced<void> {
    if (before.tasks === after.tasks && before.marks === after.marks) return
    const listed = new Map<ClusterArn, TaskChange[]>()
    if (before.marks !== after.marks)
      after.marks.diff(before.marks, (cluster, previous, mark) => {
        if (mark === undefined) this.end(cluster)
        else if (mark.order !== previous?.order) listed.set(cluster, [])
      })
    yield* after.tasks.diffInSlices(
      before.tasks,
      (arn, was, is) => {
        const cluster = is?.cluster ?? was?.cluster ?? ''
        const change = { arn, before: was, after: is }
        const changes = listed.get(cluster)
        if (changes !== undefined) changes.push(change)
        // Before the first snapshot of a cluster, which is soon, everything is news.
        else if (after.marks.has(cluster)) this.watch(cluster, after)?.changed(change, after, now)
      },
      2 * sliceSize,
    )
    for (const [cluster, changes] of listed) {
      const mark = after.marks.get(cluster)
      if (mark === undefined) continue
      const previous = before.marks.get(cluster)
      const watch = this.watch(cluster, after)
      if (watch !== undefined) yield* watch.listed({ before, after, previous, mark, changes }, now)
    }
  }

  /** Resolves when no call is in progress. */
  async idle(): Promise<void> {
    await Promise.all([...this.watches.values()].map((watch) => watch.idle()))
  }

  private end(cluster: ClusterArn): void {
    this.watches.get(cluster)?.passing.clear()
    this.watches.delete(cluster)
  }

  private watch(cluster: ClusterArn, state: ClusterState): ClusterWatch | undefined {
    const found = this.watches.get(cluster)
    if (found !== undefined || !this.isFollowed(cluster, state)) return found
    const made = this.make(cluster)
    this.watches.set(cluster, made)
    return made
  }
}
