import type { ClusterArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { defaultGrace } from '../core/liveness.js'
import type { Operation } from './operation.js'
import { modelledClusters, World } from './world.js'

/** What happened to some clusters, and what a worker could hear of it. */
export interface History {
  readonly clusters: readonly ClusterArn[]
  /** How far the stamps are off at most, together with how late a new task is listed. */
  readonly grace: Millis
  /**
   * Everything that was told while things happened, each once and in order: changes, snapshots, and the answers of
   * lookups.
   */
  readonly events: readonly ClusterEvent[]
  /** A snapshot of every cluster, begun after everything had been quiet for two graces. */
  readonly closing: readonly ClusterEvent[]
  /** The answers of all lookups, as they would be given again. */
  readonly lookups: readonly ClusterEvent[]
  /**
   * What can be routed to in the end: by service, `host:port` in order; services without any are left out. The
   * service's one TCP port is meant, as by `servicePorts()`.
   */
  readonly truth: ReadonlyMap<string, readonly string[]>
  /** When it ended: no stamp is later. */
  readonly end: Millis
}

/** Lets the operations happen in a new world, one after the other. The same operations give the same history. */
export const historyOf = (operations: readonly Operation[], grace: Millis = defaultGrace): History => {
  const told: ClusterEvent[] = []
  const world = new World(grace, (event) => told.push(event))
  for (const one of operations) world.perform(one)
  const before = told.length
  world.close()
  // Closing ends the snapshots that had begun, too: only the last one of each cluster is of the quiet time.
  const end = world.now
  const isClosing = (event: ClusterEvent): boolean => event._tag === 'TasksListed' && event.at === end
  return {
    clusters: modelledClusters,
    grace,
    events: told.filter((event, i) => i < before || !isClosing(event)),
    closing: told.filter((event, i) => i >= before && isClosing(event)),
    lookups: told.filter(({ _tag }) => _tag === 'InstanceDescribed' || _tag === 'DefinitionDescribed'),
    truth: world.truth,
    end,
  }
}
