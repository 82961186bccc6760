import type { ClusterArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { defaultSkewAllowanceMs } from '../core/liveness.js'
import type { EcsDecoder } from './ecs-decoder.js'
import type { Operation } from './operation.js'
import { modelledClusters } from './modelled-service.js'
import type { SnapshotClock } from './snapshot-dates.js'
import { World } from './world.js'

export interface HistoryOptions {
  /** Default: `defaultSkewAllowanceMs`. */
  readonly skewAllowanceMs?: Millis
  /** Default: `aws`. */
  readonly clock?: SnapshotClock
  /** Default: that of the package's sources. */
  readonly decoder?: EcsDecoder
}

/** What can be routed to: addresses as `host:port`, ordered, by service. Services without addresses are left out. */
export type Truth = ReadonlyMap<string, readonly string[]>

/** A history of some clusters, with the events that a worker could receive. */
export interface History {
  readonly clusters: readonly ClusterArn[]
  /** The largest error of the stamps, including the delay until a new task is listed. */
  readonly skewAllowanceMs: Millis
  /** All events of the history, each once and in order: changes, snapshots, and the results of lookups. */
  readonly events: readonly ClusterEvent[]
  /** What could be routed to at the time of each of `events`: `<service> <host>:<port>`, unordered. */
  readonly moments: readonly (readonly string[])[]
  /** A snapshot of every cluster, started after two quiet skew allowances. */
  readonly closing: readonly ClusterEvent[]
  /** The results of all lookups, as a repeated lookup would return them. */
  readonly lookups: readonly ClusterEvent[]
  /** How each service deploys in the end, as a source that asks again describes it. */
  readonly descriptions: readonly ClusterEvent[]
  /**
   * What can be routed to in the end: addresses as `host:port`, ordered, by service. Services without addresses are
   * left out. The port is the service's only TCP port, as with `servicePorts()`.
   */
  readonly truth: Truth
  /** When it ended; no stamp is later. */
  readonly end: Millis
}

/** Runs the operations in a new world, one after another. Equal operations give equal histories. */
export const historyOf = (
  operations: readonly Operation[],
  { skewAllowanceMs = defaultSkewAllowanceMs, ...options }: HistoryOptions = {},
): History => {
  const received: ClusterEvent[] = []
  const moments: (readonly string[])[] = []
  const world = new World({ skewAllowanceMs, ...options }, (event, live) => {
    received.push(event)
    moments.push(live)
  })
  for (const one of operations) world.perform(one)
  world.rest()
  const before = received.length
  world.describe()
  const described = received.length
  world.close()
  const end = world.now
  return {
    clusters: modelledClusters,
    skewAllowanceMs,
    events: received.slice(0, before),
    moments: moments.slice(0, before),
    descriptions: received.slice(before, described),
    closing: received.slice(described),
    lookups: received.filter(({ _tag }) => _tag === 'InstanceDescribed' || _tag === 'DefinitionDescribed'),
    truth: world.truth,
    end,
  }
}
