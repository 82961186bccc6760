import type { ClusterEvent } from './event.js'
import { type ClusterState, joinDefinition, joinHealth, joinInstance, joinMark } from './cluster-state.js'
import type { PersistentMap } from './persistent-map.js'
import { joinTask, sameTask, type Task } from './task.js'

const observe = (tasks: PersistentMap<Task>, task: Task): PersistentMap<Task> => {
  const known = tasks.get(task.arn)
  if (known === undefined) return tasks.set(task.arn, task)
  const joined = joinTask(known, task)
  // A duplicate must not look like a change: everything downstream costs what changed. A higher version always is one.
  return task.version <= known.version && sameTask(known, joined) ? tasks : tasks.set(task.arn, joined)
}

const learn = <V extends object>(
  map: PersistentMap<V>,
  key: string,
  value: V,
  join: (a: V, b: V) => V,
): PersistentMap<V> => {
  const known = map.get(key)
  return map.set(key, known === undefined ? value : join(known, value))
}

/**
 * Folds one event into what is known. Commutative, associative and idempotent over any multiset of events; costs O(log tasks), but for a
 * snapshot, which costs its size. Returns `state` itself when the event says nothing new.
 */
export const reduce = (state: ClusterState, event: ClusterEvent): ClusterState => {
  switch (event._tag) {
    case 'TaskChanged': {
      const tasks = observe(state.tasks, event.task)
      return tasks === state.tasks ? state : { ...state, tasks }
    }
    case 'TasksListed': {
      const mark = { at: event.at, tasks: new Set(event.tasks.map((task) => task.arn)) }
      return {
        ...state,
        tasks: event.tasks.reduce(observe, state.tasks),
        marks: learn(state.marks, event.cluster, mark, joinMark),
      }
    }
    case 'InstanceDescribed': {
      const instance = { at: event.at, addresses: event.addresses }
      return { ...state, instances: learn(state.instances, event.instance, instance, joinInstance) }
    }
    case 'DefinitionDescribed':
      return {
        ...state,
        definitions: learn(state.definitions, event.definition.arn, event.definition, joinDefinition),
      }
    case 'HealthObserved': {
      const seen = { at: event.at, healthy: event.healthy }
      return { ...state, health: learn(state.health, event.endpoint, seen, joinHealth) }
    }
  }
}
