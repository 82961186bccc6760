import type { ClusterArn } from '../../../core/arn.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import type { Delivery, Notice, SourceContext } from '../../../core/source.js'
import type { Task } from '../../../core/task.js'
import { QuestionFollower } from '../questions/question-follower.js'
import { ClusterWatch } from './cluster-watch.js'
import { ClusterWatches } from './cluster-watches.js'
import { delivery } from './delivery.js'
import { ecsCall, type EcsEnvironment } from './ecs-calls.js'
import type { PaceLimits } from './pace.js'

export interface WatchSetup extends EcsEnvironment {
  /** Names, ARNs and patterns. No others are asked about, although the state may have them. */
  readonly clusters: readonly string[]
  readonly limits: PaceLimits
  /** Whether snapshots may list a task; others are not asked about. */
  readonly isListed: (task: Task) => boolean
  /** Called for a cluster whose next snapshot may be due earlier than its interval said before. */
  readonly wake: (cluster: ClusterArn) => void
  readonly emit: (output: Delivery | Notice) => void
  readonly known: () => ClusterState
  readonly alone: SourceContext['alone']
  readonly signal: AbortSignal
}

/** Watches clusters between their snapshots. */
export const watchClusters = (setup: WatchSetup): ClusterWatches => {
  const { clusters, limits, isListed, wake, emit, known, bucket } = setup
  const call = ecsCall({
    ...setup,
    // Snapshots come first.
    bucket: (place) => ({ take: (n, until) => bucket(place).take(n, until, 'last') }),
  })
  const questionsOf = (watch: ClusterWatch): QuestionFollower => {
    const { cluster, passing, agreement } = watch
    return new QuestionFollower({
      ...setup,
      cluster,
      call,
      passing,
      newestMark: () => known().marks.get(cluster),
      newestOrder: () => known().marks.get(cluster)?.order ?? 0,
      known: (arn) => known().tasks.get(arn),
      missed: () => agreement.disagree(),
      tell: (tasks) => {
        watch.telling(tasks)
        emit(delivery(...tasks.map((task) => ({ _tag: 'TaskChanged', task }) as const)))
      },
      notice: emit,
    })
  }
  return new ClusterWatches(
    (cluster, { identities }) =>
      clusters.some((named) => named === cluster || identities.get(named)?.clusters.includes(cluster)),
    (cluster) => new ClusterWatch({ cluster, limits, wake: () => wake(cluster), isListed, questionsOf }),
  )
}
