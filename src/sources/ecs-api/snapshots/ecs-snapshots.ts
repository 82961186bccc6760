import { OptionError } from '../../../core/option-error.js'
import { setMaxListeners } from 'node:events'
import { Observable, Subject } from 'rxjs'
import { type ClusterArn, isClusterPattern, type Place } from '../../../core/arn.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import { emptyState } from '../../../core/cluster-state.js'
import type { Source } from '../../../core/source.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { ClusterFollower, type FollowerSetup } from './cluster-follower.js'
import type { ListedTasks } from './cluster-snapshot.js'
import { type EcsClients, ecsClients, resourceReads } from '../clients/ecs-client.js'
import { PatternFollower } from './pattern-follower.js'
import { RefreshRequest } from './refresh-request.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface EcsSnapshotsOptions {
  /**
   * Names, ARNs, or patterns of names such as `prod-*`, which stand for every cluster that there is with such a name. A
   * name or pattern is looked for in the environment's account.
   */
  readonly clusters: readonly string[]
  /** Where clusters that are given by name are. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * Lists the tasks of this service, this family, or of both alone: for a policy that exposes no others, in a large
   * cluster. All others count as tasks that do not run. A service that does not exist has no tasks, which is reported
   * as a `Warning`. Default: all tasks.
   */
  readonly only?: ListedTasks
  /** From the end of one snapshot of a cluster to the beginning of the next. Default: 300,000 ms. */
  readonly intervalMs?: Millis
  /**
   * The share of the interval by which it varies either way, so that many workers do not ask in step. Default: 0.1.
   */
  readonly jitter?: number
  /**
   * The client for an account and region (for a cluster given by name, no account, and `region` if there is one);
   * called once for each. Default: a client for that region with the environment's credentials, which reach their own
   * account only.
   */
  readonly clients?: (place: Place) => EcsClients
  /**
   * What rations the calls in an account and region. Default: 20 at once and 5 a second, shared with the process's
   * other default sources: a quarter of what AWS gives the account for these calls.
   */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `ecs-snapshots`. */
  readonly name?: string
}

export interface EcsSnapshots extends Source {
  /**
   * Takes a snapshot of each cluster now. One that is under way is followed by one more, however often this is called
   * meanwhile.
   */
  refresh(): void
  /**
   * Does the same, and resolves when a snapshot that began after the call has been delivered for each cluster, to its
   * order by cluster: it is known once the mark of the cluster has that order. Never resolves while a snapshot fails,
   * or after the end.
   */
  refreshed(): Promise<ReadonlyMap<ClusterArn, number>>
}

/**
 * Whole snapshots of clusters, by ListTasks and DescribeTasks: the first at once, then at intervals, and on demand. A
 * snapshot that fails in any part is dropped as a whole, reported as `SourceFailed` and tried again with backoff, up
 * to a minute. No cluster waits for another.
 *
 * - Which cluster a name stands for is told as soon as ECS has said it (`ClusterIdentified`).
 * - A pattern is looked up anew at each interval: clusters that appear are followed, clusters that are deleted end with
 *   an empty snapshot, for ECS deletes only clusters without tasks.
 * - A cluster that is INACTIVE has an empty snapshot. One that ECS does not know is tried again, unless it has been read
 *   before: then it was deleted.
 * - What ECS refuses for good (a permission that is missing) is told once as `LookupRefused`, after three attempts, and
 *   tried again at each interval. It holds up no other cluster.
 *
 * Its deliveries need no acknowledgement: the next snapshot says it all again.
 *
 * IAM: `ecs:DescribeClusters`, `ecs:ListTasks`, `ecs:DescribeTasks`, and `ecs:ListClusters` for patterns.
 */
export const ecsSnapshots = ({
  clusters,
  region = '',
  only,
  intervalMs = 300_000,
  jitter = 0.1,
  clients = ecsClients,
  name = 'ecs-snapshots',
  ...options
}: EcsSnapshotsOptions): EcsSnapshots => {
  if (!(intervalMs > 0)) throw new OptionError(`ecsSnapshots: intervalMs must be positive, not ${intervalMs}`)
  const refreshes = new Subject<RefreshRequest>()
  const clientsOf = perPlace((place: Place) => clients(place.region === '' ? { ...place, region } : place))

  return {
    name,
    covers: clusters,
    identifies: clusters.filter((cluster) => !cluster.startsWith('arn:')),
    refresh: () => refreshes.next(new RefreshRequest()),
    refreshed: () => {
      const request = new RefreshRequest()
      refreshes.next(request)
      return request.served()
    },
    deliveries: (context) =>
      new Observable((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const { bucket = resourceReads(clock) } = options
        const stop = new AbortController()
        // Every call and every wait of every cluster listens: no leak, as Node would warn.
        setMaxListeners(0, stop.signal)
        const setup: FollowerSetup = {
          clients: clientsOf,
          bucket,
          clock,
          random,
          interval: () => intervalMs * (1 + jitter * (2 * random() - 1)),
          refreshes,
          only,
          emit: (output) => subscriber.next(output),
          newestOrder: (cluster) => known.marks.get(cluster)?.order ?? 0,
        }
        let known = emptyState
        const watching = context.state$.subscribe({
          next: (state) => (known = state),
          complete: () => stop.abort(),
        })
        const followers = clusters.map((cluster) =>
          isClusterPattern(cluster)
            ? new PatternFollower(cluster, setup).follow(stop.signal)
            : new ClusterFollower(cluster, setup).follow(stop.signal),
        )
        void Promise.all(followers).then(() => subscriber.complete())
        return () => {
          stop.abort()
          watching.unsubscribe()
        }
      }),
  }
}
