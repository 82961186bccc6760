import { followInSlices } from '../../../core/follow-in-slices.js'
import { OptionError } from '../../../core/option-error.js'
import { setMaxListeners } from 'node:events'
import { Observable, Subject } from 'rxjs'
import { type ClusterArn, isClusterPattern, type Place } from '../../../core/arn.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import { emptyState } from '../../../core/cluster-state.js'
import type { Source } from '../../../core/source.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { clusterFindings } from './cluster-findings.js'
import { ClusterFollower, type FollowerSetup } from './cluster-follower.js'
import type { ListedTasks } from './cluster-snapshot.js'
import type { ClusterWatch } from './cluster-watch.js'
import { headcount } from './headcount.js'
import { isAll, listed } from './listed.js'
import { type EcsClients, ecsClients, resourceReads } from '../clients/ecs-client.js'
import { clusterNamed, MarkArrivals } from './mark-arrivals.js'
import { PatternFollower } from './pattern-follower.js'
import { RefreshRequest } from './refresh-request.js'
import { watchClusters } from './watch-clusters.js'
import { countedBuckets } from '../clients/counted-buckets.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export type { Priority, TokenBucket } from '../../../shared/aws/token-bucket.js'
export type { EcsClients } from '../clients/ecs-client.js'
export type { ListedTasks } from './cluster-snapshot.js'

export interface EcsSnapshotsOptions {
  /**
   * Names, ARNs, or name patterns such as `prod-*`, which stand for all clusters with matching names. Names and
   * patterns are looked up in the environment's account.
   */
  readonly clusters: readonly string[]
  /** The region of clusters given by name. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * Lists only the tasks of this service, this family, or both, for a policy that exposes no others in a large cluster.
   * All other tasks count as not running. A service that does not exist has no tasks, and is reported as a `Warning`.
   * Default: all tasks.
   */
  readonly only?: ListedTasks
  /**
   * Time from the end of one snapshot of a cluster to the beginning of the next, while nothing shows that events arrive,
   * and after one was lost. Default: 300,000 ms.
   */
  readonly intervalMs?: Millis
  /**
   * The longest time from one snapshot to the next: while events have told everything that snapshots would tell, the
   * interval doubles up to this. The same as `intervalMs`: the interval never changes. Default: four times
   * `intervalMs`; with `only`, `intervalMs`.
   */
  readonly longestIntervalMs?: Millis
  /**
   * Random variation of the interval, as a share in either direction, so that workers do not call in step. Default:
   * 0.1.
   */
  readonly jitter?: number
  /**
   * The client for an account and region; called once for each. For a cluster given by name, the account is empty, and
   * the region is the option `region` or empty. Default: a client for that region with the environment's credentials,
   * which give access to their own account only.
   */
  readonly clients?: (place: Place) => EcsClients
  /**
   * Limits the calls per account and region. Default: 20 at once and 5 per second, shared with the other default
   * sources of the process: a quarter of the account's AWS limit for these calls.
   */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `ecs-snapshots`. */
  readonly name?: string
}

export interface EcsSnapshots extends Source {
  /**
   * Takes a snapshot of each cluster now. If one is in progress, it is followed by one more, however often this is
   * called in the meantime.
   */
  refresh(): void
  /**
   * Does the same, and resolves when a snapshot that began after the call has been delivered for each cluster. Resolves
   * to the orders by cluster: a snapshot is folded once the cluster's mark has its order. Does not resolve while
   * snapshots fail, or after the end.
   */
  refreshed(): Promise<ReadonlyMap<ClusterArn, number>>
}

/**
 * Takes complete snapshots of clusters with ListTasks and DescribeTasks: the first one at once, then at intervals, and
 * on demand. If any part of a snapshot fails, the whole snapshot is dropped, reported as `SourceFailed` and retried
 * with backoff, up to a minute. Clusters do not wait for each other.
 *
 * - The cluster that a name stands for is emitted (`ClusterIdentified`) as soon as ECS has answered.
 * - A pattern is looked up again at each interval. New clusters are followed; deleted clusters end with an empty
 *   snapshot, because ECS deletes only clusters without tasks.
 * - An INACTIVE cluster has an empty snapshot. A cluster that ECS does not know is retried, unless it has been read
 *   before: then it has been deleted.
 * - A final refusal (a missing permission) is emitted once as `LookupRefused`, after three attempts, and retried at
 *   each interval. It does not delay other clusters.
 *
 * While events have told everything that a snapshot tells, the interval doubles, up to `longestIntervalMs`. It is
 * `intervalMs` again as soon as an event is found to be lost, and as long as no events come. In between:
 *
 * - A task that starts for longer than 40 s is asked about, with up to 99 others in one call of DescribeTasks, in case the
 *   last event of its start was lost; one that stops for longer than ten minutes as well.
 * - DescribeClusters tells the number of running tasks at each `intervalMs`. If it shows that events are lost, a snapshot
 *   follows. Without the permission, the interval stays `intervalMs`.
 *
 * Of workers that share a journal, one takes each snapshot. After a restart, the next snapshot is taken when it is due.
 *
 * Its deliveries need no acknowledgement, because the next snapshot repeats everything.
 *
 * IAM: `ecs:DescribeClusters`, `ecs:ListTasks`, `ecs:DescribeTasks`, and `ecs:ListClusters` for patterns.
 */
export const ecsSnapshots = ({
  clusters,
  region = '',
  only,
  intervalMs = 300_000,
  longestIntervalMs = isAll(only) ? 4 * intervalMs : intervalMs,
  jitter = 0.1,
  clients = ecsClients,
  name = 'ecs-snapshots',
  ...options
}: EcsSnapshotsOptions): EcsSnapshots => {
  if (!(intervalMs > 0))
    throw new OptionError(`ecsSnapshots: intervalMs: expected a number above 0, got ${intervalMs}`)
  if (!(longestIntervalMs >= intervalMs))
    throw new OptionError(
      `ecsSnapshots: longestIntervalMs: expected at least intervalMs, ${intervalMs}, got ${longestIntervalMs}`,
    )
  const isListed = listed(only ?? {})
  const refreshes = new Subject<RefreshRequest>()
  const clientsOf = perPlace((place: Place) => clients(place.region === '' ? { ...place, region } : place))

  return {
    name,
    covers: clusters,
    identifies: clusters.filter((cluster) => !cluster.startsWith('arn:')),
    refresh: () => refreshes.next(new RefreshRequest()),
    examine: (context) => clusterFindings(clusters, clientsOf, context),
    refreshed: () => {
      const request = new RefreshRequest()
      refreshes.next(request)
      return request.served()
    },
    deliveries: (context) =>
      new Observable((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const { bucket: uncounted = resourceReads(clock) } = options
        const bucket = countedBuckets(uncounted, (calls) => subscriber.next({ _tag: 'Called', calls }))
        const stop = new AbortController()
        // Every call and every wait of every cluster adds a listener; this is not a leak, which Node would warn of.
        setMaxListeners(0, stop.signal)
        const wakes = new Subject<ClusterArn>()
        const pause = (): Promise<void> => clock.sleep(0, stop.signal)
        const spread = (): number => 1 + jitter * (2 * random() - 1)
        const setup: FollowerSetup = {
          clients: clientsOf,
          bucket,
          clock,
          random,
          interval: () => intervalMs * spread(),
          pace: (named) => watchOf(named)?.agreement.interval(clock.now()) ?? intervalMs,
          headcount: (named) => {
            const watch = isAll(only) ? watchOf(named) : undefined
            return watch && headcount(watch.agreement, watch.cluster, () => known, pause)
          },
          spread,
          wakes,
          refreshes,
          only,
          emit: (output) => subscriber.next(output),
          newestOrder: (cluster) => known.marks.get(cluster)?.order ?? 0,
          takenAt: (named) => arrivals.of(named, known),
          clusterNamed: (named) => clusterNamed(named, known),
          alone: context.alone,
        }
        const watches = watchClusters({
          ...setup,
          clusters,
          limits: { shortest: intervalMs, longest: longestIntervalMs },
          isListed,
          wake: (cluster) => wakes.next(cluster),
          known: () => known,
          signal: stop.signal,
        })
        const watchOf = (named: string): ClusterWatch | undefined =>
          watches.of(clusterNamed(named, known) ?? '')
        let known = emptyState
        const arrivals = new MarkArrivals(clock)
        const watching = context.state$.subscribe({
          next: (state) => {
            const before = known
            known = state
            arrivals.note(before, state)
          },
          complete: () => stop.abort(),
        })
        let noted = emptyState
        const noting = followInSlices(
          context.state$,
          function* (state) {
            yield* watches.note(noted, state, clock.now())
            noted = state
          },
          { clock, signal: stop.signal },
        )
        const followers = clusters.map((cluster) =>
          isClusterPattern(cluster)
            ? new PatternFollower(cluster, setup).follow(stop.signal)
            : new ClusterFollower(cluster, setup).follow(stop.signal),
        )
        void Promise.all(followers)
          .then(() => watches.idle())
          .then(() => subscriber.complete())
        return () => {
          stop.abort()
          watching.unsubscribe()
          noting.unsubscribe()
        }
      }),
  }
}
