import type { ClusterState } from '../core/cluster-state.js'
import type { ClusterEvent } from '../core/event.js'
import { livenessOf } from '../core/liveness.js'
import type { Task } from '../core/task.js'

/** By its own status, which never goes back: not by a snapshot, nor by its health, which may change. */
const hasStopped = (task: Task): boolean =>
  livenessOf({ ...task, health: undefined }, undefined, 0) === 'gone'

/**
 * What of a state stays true however old it grows: that tasks have stopped, what task definitions say, and where
 * container instances are. Not what lives, and not how whole it is: nothing that follows from this alone adds or
 * removes anything where snapshots are promised.
 */
export const lastingKnowledge = (state: ClusterState): readonly ClusterEvent[] => [
  ...Array.from(state.tasks.values())
    .filter(hasStopped)
    .map((task): ClusterEvent => ({ _tag: 'TaskChanged', task })),
  ...Array.from(state.definitions.values(), (definition): ClusterEvent => ({
    _tag: 'DefinitionDescribed',
    definition,
  })),
  ...Array.from(state.instances, ([instance, { addresses, machine, at }]): ClusterEvent => ({
    _tag: 'InstanceDescribed',
    instance,
    addresses,
    ...(machine === undefined ? {} : { machine }),
    at,
  })),
]
