import type { TaskArn } from './arn.js'
import type { ClusterEvent } from './event.js'
import {
  type ClusterState,
  emptyState,
  joinDefinition,
  joinHealth,
  joinIdentity,
  joinInstance,
  joinLog,
  joinMark,
  joinRefusal,
  type Mark,
} from './cluster-state.js'
import { joinDeployment } from './deployment.js'
import type { PersistentMap } from './persistent-map.js'
import { atOnce, type Sliced, sliceSize } from './sliced.js'
import { joinTask, sameTask, type Task } from './task.js'

/** A complete snapshot of a cluster. */
export type TasksListed = Extract<ClusterEvent, { readonly _tag: 'TasksListed' }>

/** Joins one observation of a task with what is known of it. */
export const observe = (tasks: PersistentMap<Task>, task: Task): PersistentMap<Task> =>
  tasks.update(task.arn, (known) => {
    if (known === undefined) return task
    const joined = joinTask(known, task)
    // A duplicate must not look like a change, because all later steps cost what changed.
    return sameTask(known, joined) ? known : joined
  })

/** Joins many observations of tasks with what is known. */
export function* observeAll(
  known: PersistentMap<Task>,
  observed: readonly Task[],
): Sliced<PersistentMap<Task>> {
  let tasks = known
  for (const [i, task] of observed.entries()) {
    if (i > 0 && i % sliceSize === 0) yield
    tasks = observe(tasks, task)
  }
  return tasks
}

/**
 * The mark of a snapshot. Its map begins as that of the known tasks, because most snapshots list just these, and the two
 * then share all nodes: a mark takes memory only for what differs.
 */
function* markOf({ at, order = at, tasks: listed }: TasksListed, known: PersistentMap<Task>): Sliced<Mark> {
  const records = new Map<TaskArn, Task>()
  for (const [i, task] of listed.entries()) {
    if (i > 0 && i % sliceSize === 0) yield
    const other = records.get(task.arn)
    records.set(task.arn, other === undefined ? task : joinTask(other, task))
  }
  // With many clusters, the known tasks are mostly those of others.
  let tasks = 2 * records.size > known.size ? known : emptyState.tasks
  let seen = 0
  for (const arn of tasks.keys()) {
    if (++seen % sliceSize === 0) yield
    if (!records.has(arn)) tasks = tasks.delete(arn)
  }
  for (const [arn, record] of records) {
    if (++seen % sliceSize === 0) yield
    const held = known.get(arn)
    tasks = tasks.set(arn, held !== undefined && sameTask(held, record) ? held : record)
  }
  return { order, at, tasks }
}

const learn = <V extends object>(
  map: PersistentMap<V>,
  key: string,
  value: V,
  join: (a: V, b: V) => V,
): PersistentMap<V> => map.update(key, (known) => (known === undefined ? value : join(known, value)))

/** Folds a snapshot into the state. */
export function* reduceSnapshot(state: ClusterState, event: TasksListed): Sliced<ClusterState> {
  const tasks = yield* observeAll(state.tasks, event.tasks)
  const mark = yield* markOf(event, tasks)
  const marks = learn(state.marks, event.cluster, mark, joinMark)
  return tasks === state.tasks && marks === state.marks ? state : { ...state, tasks, marks }
}

/**
 * Folds one event into the state. Commutative, associative and idempotent over any multiset of events. Takes O(log
 * tasks), or time proportional to its size for a snapshot. Returns `state` itself if the event contains nothing new.
 */
export const reduce = (state: ClusterState, event: ClusterEvent): ClusterState => {
  switch (event._tag) {
    case 'TaskChanged': {
      const tasks = observe(state.tasks, event.task)
      return tasks === state.tasks ? state : { ...state, tasks }
    }
    case 'TasksListed':
      return atOnce(reduceSnapshot(state, event))
    case 'ClusterIdentified': {
      const identity = { order: event.order, clusters: [...new Set(event.clusters)].sort() }
      const identities = learn(state.identities, event.named, identity, joinIdentity)
      return identities === state.identities ? state : { ...state, identities }
    }
    case 'LookupRefused': {
      const refusal = { at: event.at, reason: event.reason }
      const refusals = learn(state.refusals, event.key, refusal, joinRefusal)
      return refusals === state.refusals ? state : { ...state, refusals }
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
    case 'DeploymentAnnounced':
    case 'DeploymentDescribed': {
      const seen =
        event._tag === 'DeploymentAnnounced'
          ? { announcedAt: event.at, described: undefined }
          : { announcedAt: 0, described: { at: event.at, rollout: event.rollout } }
      const deployments = learn(state.deployments, event.service, seen, joinDeployment)
      return deployments === state.deployments ? state : { ...state, deployments }
    }
    case 'HealthObserved': {
      const seen = { at: event.at, healthy: event.healthy }
      const health = learn(state.health, event.endpoint, seen, joinHealth)
      return health === state.health ? state : { ...state, health }
    }
    case 'LogRead': {
      const logs = learn(state.logs, event.log, { position: event.position }, joinLog)
      return logs === state.logs ? state : { ...state, logs }
    }
  }
}
