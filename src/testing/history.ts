import type { ClusterArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { defaultSkewAllowanceMs } from '../core/liveness.js'
import type { Operation } from './operation.js'
import { modelledClusters, type SnapshotClock, World } from './world.js'

export interface HistoryOptions {
  /** Default: `defaultSkewAllowanceMs`. */
  readonly skewAllowanceMs?: Millis
  /** Default: `aws`. */
  readonly clock?: SnapshotClock
}

/** What can be routed to: by service, `host:port` in order; services without any are left out. */
export type Truth = ReadonlyMap<string, readonly string[]>

/** What happened to some clusters, and what a worker could hear of it. */
export interface History {
  readonly clusters: readonly ClusterArn[]
  /** How far the stamps are off at most, together with how late a new task is listed. */
  readonly skewAllowanceMs: Millis
  /**
   * Everything that was told while things happened, each once and in order: changes, snapshots, and the answers of
   * lookups.
   */
  readonly events: readonly ClusterEvent[]
  /** What could be routed to when each of `events` was told: `<service> <host>:<port>`, in no order. */
  readonly moments: readonly (readonly string[])[]
  /** A snapshot of every cluster, begun after everything had been quiet for two skew allowances. */
  readonly closing: readonly ClusterEvent[]
  /** The answers of all lookups, as they would be given again. */
  readonly lookups: readonly ClusterEvent[]
  /**
   * What can be routed to in the end: by service, `host:port` in order; services without any are left out. The
   * service's one TCP port is meant, as by `servicePorts()`.
   */
  readonly truth: Truth
  /** When it ended: no stamp is later. */
  readonly end: Millis
}

/** Lets the operations happen in a new world, one after the other. The same operations give the same history. */
export const historyOf = (
  operations: readonly Operation[],
  { skewAllowanceMs = defaultSkewAllowanceMs, clock = 'aws' }: HistoryOptions = {},
): History => {
  const told: ClusterEvent[] = []
  const moments: (readonly string[])[] = []
  const world = new World(
    skewAllowanceMs,
    (event, live) => {
      told.push(event)
      moments.push(live)
    },
    clock,
  )
  for (const one of operations) world.perform(one)
  world.rest()
  const before = told.length
  world.close()
  const end = world.now
  return {
    clusters: modelledClusters,
    skewAllowanceMs,
    events: told.slice(0, before),
    moments: moments.slice(0, before),
    closing: told.slice(before),
    lookups: told.filter(({ _tag }) => _tag === 'InstanceDescribed' || _tag === 'DefinitionDescribed'),
    truth: world.truth,
    end,
  }
}
