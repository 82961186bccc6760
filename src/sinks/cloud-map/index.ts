import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery'
import { setMaxListeners } from 'node:events'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import type { Clock, Random } from '../../core/clock.js'
import type { Desired } from '../../core/desired.js'
import { OptionError } from '../../core/option-error.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { type TokenBucket, tokenBucket } from '../../shared/aws/token-bucket.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { compareAndSwap } from '../kit/compare-and-swap.js'
import { cloudMapClient } from './client.js'
import type { CloudMapInstances } from './instance.js'
import { limitWarnings } from './limits.js'
import { CloudMapRegistry, type CloudMapService } from './registry.js'
import { cloudMapRendering } from './rendering.js'
import { serviceState } from './service-state.js'
import { serviceWriter } from './write.js'
import { serviceWarnings } from './warnings.js'

export type { CloudMapInstance, CloudMapInstances } from './instance.js'
export type { Priority, TokenBucket } from '../../shared/aws/token-bucket.js'

export interface CloudMapOptions {
  /** The namespace's id, such as `ns-0123456789abcdef`. Its services are the backends of the same names. */
  readonly namespaceId: string
  /** The region of the namespace. Default: as resolved by the AWS SDK. */
  readonly region?: string | undefined
  /** Default: a client with the environment's credentials for `region`, made when it is needed. */
  readonly client?: ServiceDiscoveryClient
  /** Unique among a worker's sinks. Default: `cloud-map`. */
  readonly name?: string
  /** The most instances of the namespace, for all its users: the account's quota. Default: 2,000. */
  readonly mostInstances?: number
  /** The most calls of this sink, as a token bucket. Default: ten a second, and 20 at once. */
  readonly calls?: TokenBucket
  readonly clock?: Clock
  readonly random?: Random
}

/** Instances of a service; AWS does not raise it. */
const perService = 1_000

/** Services that are read or written at the same time. */
const concurrency = 4

/**
 * Backends as instances of AWS Cloud Map: the endpoints of the backend `web` are registered in the service `web` of the
 * namespace. Services are yours; a backend without one is warned of.
 *
 * The owner of a service is its tag `ecs-task-stream:owner`. A service with another owner, or in which ECS itself
 * registers tasks, is never written. In its own services, the sink touches only instances whose id begins with
 * `ecs-task-stream:` and that name an owner. Near Cloud Map's limits it warns; at them it registers what fits, and the
 * change of that service is rejected.
 *
 * Cloud Map has no conditional writes: a service is read a moment before it is written. It has no weights either.
 *
 * Throws an OptionError for an invalid option.
 */
export const cloudMap = ({
  namespaceId,
  region = '',
  client,
  name = 'cloud-map',
  mostInstances = 2_000,
  clock = systemClock,
  calls = tokenBucket({ burst: 20, perSecond: 10, clock }),
  random = Math.random,
}: CloudMapOptions): Sink<CloudMapInstances> => {
  if (!/^ns-[a-z0-9_]{1,61}$/.test(namespaceId))
    throw new OptionError(
      `cloudMap: namespaceId: expected the id of a namespace, such as ns-0123456789abcdef, got "${namespaceId}": "aws servicediscovery list-namespaces" lists the ids`,
    )
  wholeNumber('cloudMap: mostInstances', mostInstances, 1, 1_000_000)
  const limits = { perService, perNamespace: mostInstances }
  const registry = new CloudMapRegistry({
    client: client ?? cloudMapClient(region),
    namespaceId,
    calls,
    clock,
    random,
  })
  let services: ReadonlyMap<string, CloudMapService> = new Map()
  let counts = new Map<string, number>()
  let settled: Pick<Desired, 'backends' | 'complete'> | undefined

  return {
    name,
    adopt: true,
    ...cloudMapRendering,
    read: async (signal) => {
      // Each concurrent call listens to it; on the caller's own signal, more than ten listeners would cause a warning.
      const abort = AbortSignal.any([signal])
      setMaxListeners(0, abort)
      const found = await registry.services(abort)
      const states = await lastValueFrom(
        from(found).pipe(
          mergeMap((service) => serviceState(registry, service, abort), concurrency),
          toArray(),
        ),
      )
      services = new Map(found.map((service) => [service.name, service]))
      counts = new Map(states.map(({ service, listed }) => [service.name, listed.length]))
      return states.map(({ row }) => row)
    },
    apply: compareAndSwap(
      serviceWriter({ registry, limits, services: () => services, counts: () => counts }),
      { concurrency },
    ),
    synced: (desired) => {
      settled = desired
    },
    warnings: () => [
      ...limitWarnings(counts, limits),
      ...serviceWarnings(new Set(services.keys()), settled, namespaceId),
    ],
  }
}
