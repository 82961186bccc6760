import { setMaxListeners } from 'node:events'
import { Observable, Subject } from 'rxjs'
import type { Place } from '../core/arn.js'
import { backoff } from '../core/backoff.js'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { systemClock } from '../system-clock.js'
import { perPlace } from './aws-clients.js'
import { bell } from './bell.js'
import { clusterSnapshot } from './cluster-snapshot.js'
import { type EcsClients, ecsClients, resourceReads } from './ecs-client.js'
import type { TokenBucket } from './token-bucket.js'

export interface EcsSnapshotsOptions {
  /** Names or ARNs. A name is looked for in the environment's account. */
  readonly clusters: readonly string[]
  /** Where clusters that are given by name are. Default: as the AWS SDK finds it. */
  readonly region?: string | undefined
  /** From the end of one snapshot of a cluster to the beginning of the next. Default: 300,000 ms. */
  readonly intervalMs?: Millis
  /**
   * The share of the interval by which it varies either way, so that many workers do not ask in step. Default: 0.1.
   */
  readonly jitter?: number
  /**
   * The client for an account and region (for a cluster given by name, no account, and `region` if there is one); called once for each. Default: a
   * client for that region with the environment's credentials, which reach their own account only.
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
}

const settled = (): void => undefined

/**
 * Whole snapshots of clusters, by ListTasks and DescribeTasks: the first at once, then at intervals, and on demand. A
 * snapshot that fails in any part is dropped as a whole, reported as `SourceFailed` and tried again with backoff, up
 * to a minute. No cluster waits for another.
 *
 * Its deliveries need no acknowledgement: the next snapshot says it all again.
 *
 * IAM: `ecs:DescribeClusters`, `ecs:ListTasks`, `ecs:DescribeTasks`.
 */
export const ecsSnapshots = ({
  clusters,
  region = '',
  intervalMs = 300_000,
  jitter = 0.1,
  clients = ecsClients,
  clock = systemClock,
  bucket = resourceReads(clock),
  random = Math.random,
  name = 'ecs-snapshots',
}: EcsSnapshotsOptions): EcsSnapshots => {
  if (!(intervalMs > 0)) throw new RangeError(`ecsSnapshots: intervalMs must be positive, not ${intervalMs}`)
  const refreshes = new Subject<void>()
  const environment = {
    clients: perPlace((place) => clients(place.region === '' ? { ...place, region } : place)),
    bucket,
    clock,
    random,
  }

  const follow = async (
    cluster: string,
    signal: AbortSignal,
    emit: (output: Delivery | Notice) => void,
  ): Promise<void> => {
    const take = clusterSnapshot(cluster, environment)
    const alarm = bell(clock)
    const stopped = (): boolean => signal.aborted
    const refreshing = refreshes.subscribe(alarm.ring)
    signal.addEventListener('abort', alarm.ring)
    for (let failures = 0; !signal.aborted;) {
      let pause = intervalMs * (1 + jitter * (2 * random() - 1))
      try {
        const snapshot = await take(signal)
        failures = 0
        emit({ _tag: 'Delivery', events: [snapshot], ack: settled, nack: settled })
      } catch (thrown) {
        if (stopped()) break
        pause = backoff(failures++, random, { base: 1_000, cap: 60_000 })
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        emit({ _tag: 'SourceFailed', operation: `snapshot of ${cluster}`, error, retryIn: pause })
      }
      await alarm.wait(pause)
    }
    refreshing.unsubscribe()
  }

  return {
    name,
    covers: clusters,
    refresh: () => refreshes.next(),
    deliveries: (state$) =>
      new Observable((subscriber) => {
        const stop = new AbortController()
        // Every call and every wait of every cluster listens: no leak, as Node would warn.
        setMaxListeners(0, stop.signal)
        const stopping = state$.subscribe({ complete: () => stop.abort() })
        void Promise.all(
          clusters.map((cluster) => follow(cluster, stop.signal, (output) => subscriber.next(output))),
        ).then(() => subscriber.complete())
        return () => {
          stop.abort()
          stopping.unsubscribe()
        }
      }),
  }
}
