import type { ClusterState } from '../core/cluster-state.js'
import type { ClusterEvent } from '../core/event.js'
import { livenessOf } from '../core/liveness.js'
import type { Task } from '../core/task.js'

/** Judges by the task's own status, which never reverts; snapshots and health may change. */
const hasStopped = (task: Task): boolean =>
  livenessOf({ ...task, health: undefined }, undefined, 0) === 'gone'

/**
 * The facts of a state that stay true at any age: which tasks have stopped, task definitions, and the addresses of
 * container instances. Live tasks and completeness are left out, so these facts alone never add or remove anything in a
 * cluster that is covered by snapshots.
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
