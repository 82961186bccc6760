import type { ClusterEvent } from './event.js'
import { type ClusterState, joinDefinition, joinHealth, joinInstance, joinMark } from './cluster-state.js'
import type { PersistentMap } from './persistent-map.js'
import { joinTask, sameTask, type Task } from './task.js'

const observe = (tasks: PersistentMap<Task>, task: Task): PersistentMap<Task> =>
  tasks.update(task.arn, (known) => {
    if (known === undefined) return task
    const joined = joinTask(known, task)
    // A duplicate must not look like a change: everything downstream costs what changed. A higher version always is
    // one.
    return task.version <= known.version && sameTask(known, joined) ? known : joined
  })

const learn = <V extends object>(
  map: PersistentMap<V>,
  key: string,
  value: V,
  join: (a: V, b: V) => V,
): PersistentMap<V> => map.update(key, (known) => (known === undefined ? value : join(known, value)))

/**
 * Folds one event into what is known. Commutative, associative and idempotent over any multiset of events; costs
 * O(log tasks), but for a snapshot, which costs its size. Returns `state` itself when the event says nothing new.
 */
export const reduce = (state: ClusterState, event: ClusterEvent): ClusterState => {
  switch (event._tag) {
    case 'TaskChanged': {
      const tasks = observe(state.tasks, event.task)
      return tasks === state.tasks ? state : { ...state, tasks }
    }
    case 'TasksListed': {
      const mark = { at: event.at, tasks: new Set(event.tasks.map((task) => task.arn)) }
      const tasks = event.tasks.reduce(observe, state.tasks)
      const marks = learn(state.marks, event.cluster, mark, joinMark)
      return tasks === state.tasks && marks === state.marks ? state : { ...state, tasks, marks }
    }
    case 'InstanceDescribed': {
      const instance = { at: event.at, addresses: event.addresses, machine: event.machine }
      const instances = learn(state.instances, event.instance, instance, joinInstance)
      return instances === state.instances ? state : { ...state, instances }
    }
    case 'DefinitionDescribed': {
      const { definition } = event
      const definitions = learn(state.definitions, definition.arn, definition, joinDefinition)
      return definitions === state.definitions ? state : { ...state, definitions }
    }
    case 'HealthObserved': {
      const seen = { at: event.at, healthy: event.healthy }
      const health = learn(state.health, event.endpoint, seen, joinHealth)
      return health === state.health ? state : { ...state, health }
    }
  }
}
