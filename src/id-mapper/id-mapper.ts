import type { FastifyPluginCallback } from 'fastify'
import type { Registry } from 'prom-client'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { Worker } from '../core/worker.js'
import { wholeNumber } from '../shared/codec/whole-number.js'
import { aboutOperations } from './routes/about-operations.js'
import { ChangeFeed } from './changes/change-feed.js'
import { ContainerEvents } from './changes/container-events.js'
import { EcsTime } from './index/ecs-time.js'
import { EventStreams } from './changes/event-streams.js'
import { idOperations } from './routes/id-operations.js'
import { type LinkOptions, links } from './links/links.js'
import { listingOperations } from './routes/listing-operations.js'
import { mapperMetrics } from './mapper-metrics.js'
import type { Operation } from './openapi/operation.js'
import { operationRoutes } from './routes/operation-routes.js'
import { serviceOperations } from './routes/service-operations.js'
import { type Change, TaskIndex } from './index/task-index.js'

export interface IdMapperOptions {
  readonly worker: Pick<Worker, 'state$'>
  /** Clusters, by name or ARN. Until each has a complete snapshot, requests are answered with 503. */
  readonly clusters: readonly string[]
  /** Used only to sleep; the time comes from snapshots. */
  readonly clock: Pick<Clock, 'sleep'>
  /** Monitoring URLs. Default: cAdvisor on port 9070 of the instance. */
  readonly links?: LinkOptions
  /** The routes require one of them in the header `x-api-key`. Default: they are open to all. */
  readonly secrets?: readonly string[] | undefined
  /** How long a stopped task is retained after its last observation. Default: 86,400,000 ms (a day). */
  readonly keepMs?: Millis
  /** Maximum number of stopped tasks that are retained. Default: 50,000. */
  readonly keepTasks?: number
  /** As in `RunSetup`. */
  readonly skewAllowanceMs?: Millis
  /** Maximum number of clients of the change stream; at the limit, addresses share it. Default: 100. */
  readonly maxStreams?: number
  /** The number of past changes from which a client of the stream can continue. Default: 10,000. */
  readonly feedSize?: number
  /** Interval between heartbeats in a stream. Default: 15,000 ms. */
  readonly heartbeatMs?: Millis
  /** Registry for its metrics. Default: no metrics. */
  readonly metrics?: Registry
  readonly random?: Random
}

/**
 * Routes for a worker's server that answer which container, task, instance and service belong together, from the
 * worker's state. See docs/id-mapper.md for the routes. Ends with the worker. Throws an OptionError for invalid
 * options.
 */
export const idMapper = (options: IdMapperOptions): FastifyPluginCallback => {
  const {
    worker,
    clusters,
    clock,
    secrets,
    keepMs = 86_400_000,
    keepTasks = 50_000,
    skewAllowanceMs,
    maxStreams = 100,
    feedSize = 10_000,
    heartbeatMs = 15_000,
    metrics,
    random = Math.random,
  } = options
  wholeNumber('idMapper: keepMs', keepMs, 0, 31 * 86_400_000)
  wholeNumber('idMapper: keepTasks', keepTasks, 0, 10_000_000)
  wholeNumber('idMapper: maxStreams', maxStreams, 0, 10_000)
  wholeNumber('idMapper: feedSize', feedSize, 1, 1_000_000)
  wholeNumber('idMapper: heartbeatMs', heartbeatMs, 1, 60_000)

  const index = new TaskIndex({
    clusters,
    keepMs,
    keepTasks,
    ...(skewAllowanceMs === undefined ? {} : { skewAllowanceMs }),
  })
  const feed = new ChangeFeed(`r${random().toString(36).slice(2)}`, feedSize)
  const events = new ContainerEvents((family) => index.families.get(family) !== undefined)
  const measures = metrics === undefined ? undefined : mapperMetrics(metrics, index, () => streams.size)
  const streams = new EventStreams({
    index,
    feed,
    maxClients: maxStreams,
    onDropped: () => measures?.dropped(),
  })
  const tell = (changes: readonly Change[]): void => {
    events.take(changes)
    feed.push(changes)
  }

  const time = new EcsTime()
  const stop = new AbortController()
  worker.state$.subscribe({
    next: (state) => {
      time.follow(state)
      tell(index.follow(state, time.now))
    },
    complete: () => {
      stop.abort()
      streams.close()
    },
  })
  const keepBeating = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(heartbeatMs, stop.signal)
      if (stop.signal.aborted) return
      streams.beat()
    }
  }
  void keepBeating()

  // Expired tasks stay for at most another hundredth of `keepMs`, and at most 15 s.
  const lookMs = Math.min(15_000, Math.max(100, keepMs / 100))
  const keepForgetting = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(lookMs, stop.signal)
      if (stop.signal.aborted) return
      time.slept(lookMs)
      tell(index.expire(time.now))
    }
  }
  void keepForgetting()

  const urls = links(options.links)
  const questions: readonly Operation[] = [
    ...idOperations(index, urls),
    ...serviceOperations(index, urls, events),
    ...listingOperations(index, feed, streams),
  ]
  return operationRoutes({
    operations: [...questions, ...aboutOperations(questions, { guarded: secrets !== undefined })],
    isWhole: () => index.isWhole,
    secrets,
    onAnswered: (operation, status) => measures?.answered(operation, status),
  })
}
