import { OptionError } from '../../../core/option-error.js'
import { setMaxListeners } from 'node:events'
import { Observable } from 'rxjs'
import type { Place } from '../../../core/arn.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { Source } from '../../../core/source.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { ClusterIdentifier } from './cluster-identifier.js'
import { type EcsClients, ecsClients, resourceReads } from '../clients/ecs-client.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface ClusterIdentitiesOptions {
  /**
   * Names, ARNs, or patterns of names such as `prod-*`. Names and patterns are looked up in the environment's account;
   * an ARN says itself which cluster it is.
   */
  readonly clusters: readonly string[]
  /** Where the clusters are. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
  /** The client for the region; called once. Default: one with the environment's credentials. */
  readonly clients?: (place: Place) => EcsClients
  /** What rations the calls. Default: 20 at once and 5 a second, shared with the process's other default sources. */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /**
   * How often a pattern is looked up again, and a name whose lookup was refused; ± 10 %, so that many workers do not
   * ask in step. Default: 300,000 ms.
   */
  readonly intervalMs?: Millis
}

/**
 * Tells which clusters names and patterns stand for, for workers that take no snapshots. (`ecsSnapshots` tells it of
 * what it covers.) Cluster names are unique in one account and region only, and a queue may bring the events of a
 * cluster of the same name from elsewhere: until the answer is there, `run` holds such events back.
 *
 * - A name is asked for once, by DescribeClusters: it stays with its ARN. A pattern is asked for at intervals, by
 *   ListClusters, and told again when the answer changes.
 * - Of a name that ECS does not know, it tells which cluster of this account and region it would be, with a warning.
 * - A call that fails is reported as `SourceFailed` and made again with backoff, up to a minute.
 * - What ECS refuses for good (a permission that is missing) is told once as `LookupRefused`, after three attempts, and
 *   tried again at each interval. From then on the name alone decides.
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
    throw new OptionError(`clusterIdentities: intervalMs must be positive, not ${intervalMs}`)
  const identifies = clusters.filter((cluster) => !cluster.startsWith('arn:'))
  const clientsOf = perPlace((place: Place) => clients({ ...place, region }))

  return {
    name: 'cluster-identities',
    covers: [],
    identifies,
    deliveries: (context) =>
      new Observable((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const { bucket = resourceReads(clock) } = options
        const stop = new AbortController()
        // Every call and every wait of every name listens: no leak, as Node would warn.
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
        const identified = identifies.map((named) => new ClusterIdentifier(named, setup).follow(stop.signal))
        // A source ends when it is told to stop, not when it has nothing left to tell.
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
