import type { ClusterArn } from '../../../core/arn.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import { sliced } from '../../../core/sliced.js'
import type { Agreement } from './agreement.js'
import { CallFailed } from './ecs-calls.js'

/**
 * Compares the number of tasks that run, by ECS's count, with what we know: it finds a start or a stop of which no event
 * has arrived. `doubtful`: they differ for the first time, and events may be on their way; look again soon.
 *
 * @param doubts Whether the previous comparison was doubtful.
 */
export type Headcount = (
  ask: () => Promise<number | undefined>,
  doubts: boolean,
) => Promise<'compared' | 'doubtful'>

export const headcount =
  (
    agreement: Agreement,
    cluster: ClusterArn,
    state: () => ClusterState,
    pause: () => Promise<void>,
  ): Headcount =>
  async (ask, doubts) => {
    if (!doubts && !agreement.isCountDue()) return 'compared'
    let count: number | undefined
    try {
      count = await ask()
    } catch (thrown) {
      // Snapshots report what else fails. Without the permission, they are as frequent as they would be without this.
      if (thrown instanceof CallFailed && thrown.isRefusal) agreement.keepShort()
      return 'compared'
    }
    const running = await sliced(agreement.running(state(), cluster), pause)
    if (count === undefined || running === undefined) return 'compared'
    if (running.least <= count && count <= running.most) return 'compared'
    if (!doubts) return 'doubtful'
    agreement.suspect()
    return 'compared'
  }
