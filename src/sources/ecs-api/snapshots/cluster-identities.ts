import { OptionError } from '../../../core/option-error.js'
import { setMaxListeners } from 'node:events'
import { Observable } from 'rxjs'
import type { Place } from '../../../core/arn.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { Source } from '../../../core/source.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { identifyClusters } from './identify-clusters.js'
import { type EcsClients, ecsClients, resourceReads } from '../clients/ecs-client.js'
import { countedBuckets } from '../clients/counted-buckets.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export type { Priority, TokenBucket } from '../../../shared/aws/token-bucket.js'
export type { EcsClients } from '../clients/ecs-client.js'

export interface ClusterIdentitiesOptions {
  /**
   * Names, ARNs, or name patterns such as `prod-*`. Names and patterns are looked up in the environment's account; ARNs
   * need no lookup.
   */
  readonly clusters: readonly string[]
  /** The region of the clusters. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
  /** The client for the region; called once. Default: one with the environment's credentials. */
  readonly clients?: (place: Place) => EcsClients
  /** Limits the calls. Default: 20 at once and 5 per second, shared with the other default sources of the process. */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /**
   * How often to look up a pattern again, or a name whose lookup was refused; ± 10 %, so that many workers do not call
   * in step. Default: 300,000 ms.
   */
  readonly intervalMs?: Millis
}

/**
 * Finds the clusters that names and patterns stand for, for workers without snapshots. (`ecsSnapshots` does this for
 * the clusters that it covers.) Cluster names are unique only within an account and region, and a queue may contain
 * events of a cluster with the same name from elsewhere; `run` holds such events back until the answer is known.
 *
 * - A name is looked up once, with DescribeClusters, because it keeps its ARN. A pattern is looked up at intervals,
 *   with ListClusters, and emitted again when the result changes.
 * - For a name that ECS does not know, it emits the ARN that the cluster would have in this account and region, with a
 *   warning.
 * - Failed calls are reported as `SourceFailed` and retried with backoff, up to a minute.
 * - A final refusal (a missing permission) is emitted once as `LookupRefused`, after three attempts, and retried at
 *   each interval. From then on, the name alone decides.
 *
 * IAM: `ecs:DescribeClusters` for names, `ecs:ListClusters` for patterns.
 */
export const clusterIdentities = ({
  clusters,
  region = '',
  clients = ecsClients,
  intervalMs = 300_000,
  ...options
}: ClusterIdentitiesOptions): Source => {
  if (!(intervalMs > 0))
    throw new OptionError(`clusterIdentities: intervalMs: expected a number above 0, got ${intervalMs}`)
  const identifies = clusters.filter((cluster) => !cluster.startsWith('arn:'))
  const clientsOf = perPlace((place: Place) => clients({ ...place, region }))

  return {
    name: 'cluster-identities',
    covers: [],
    identifies,
    deliveries: (context) =>
      new Observable((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const { bucket: uncounted = resourceReads(clock) } = options
        const bucket = countedBuckets(uncounted, (calls) => subscriber.next({ _tag: 'Called', calls }))
        const stop = new AbortController()
        // Every call and every wait of every name adds a listener; this is not a leak, which Node would warn of.
        setMaxListeners(0, stop.signal)
        const watching = context.state$.subscribe({ complete: () => stop.abort() })
        const setup = {
          clients: clientsOf,
          bucket,
          clock,
          random,
          interval: () => intervalMs * (0.9 + 0.2 * random()),
          emit: subscriber.next.bind(subscriber),
        }
        const identified = identifies.map((named) => identifyClusters(named, setup, stop.signal))
        // A source ends when it is stopped, not when it has nothing left to emit.
        const stopped = new Promise<void>((resolve) => {
          if (stop.signal.aborted) resolve()
          stop.signal.addEventListener('abort', () => resolve())
        })
        void Promise.all([...identified, stopped]).then(() => subscriber.complete())
        return () => {
          stop.abort()
          watching.unsubscribe()
        }
      }),
  }
}
