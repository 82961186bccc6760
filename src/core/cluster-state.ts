/**
 * What we know of the clusters: a product of joins, so that any two ways of having heard the same events give the
 * same state. Knowledge only grows here; that a task is gone is known from its own status, or from a newer snapshot
 * that does not name it.
 */
import type { JoinSemilattice } from 'fp-ts/lib/JoinSemilattice.js'
import type { Addresses } from './addresses.js'
import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import { joinMachine, type Machine } from './machine.js'
import { PersistentMap } from './persistent-map.js'
import type { TaskDefinition } from './task-definition.js'
import { joinTask, type Task } from './task.js'

/** The newest whole snapshot of a cluster. */
export interface Mark {
  /** When it was begun. */
  readonly at: Millis
  /** Every task that it found. */
  readonly tasks: ReadonlySet<TaskArn>
}

export interface Instance {
  readonly at: Millis
  /** As they were then. */
  readonly addresses: Addresses
  /** Whenever it was told. */
  readonly machine: Machine | undefined
}

export interface EndpointHealth {
  readonly at: Millis
  readonly healthy: boolean
}

export interface ClusterState {
  /** By `TaskArn`. */
  readonly tasks: PersistentMap<Task>
  /** By `InstanceArn`. */
  readonly instances: PersistentMap<Instance>
  /** By `DefinitionArn`. */
  readonly definitions: PersistentMap<TaskDefinition>
  /** By `EndpointId`: what our own probes saw. */
  readonly health: PersistentMap<EndpointHealth>
  /** By `ClusterArn`. */
  readonly marks: PersistentMap<Mark>
}

/** Nothing is known. */
export const emptyState: ClusterState = {
  tasks: PersistentMap.empty(),
  instances: PersistentMap.empty(),
  definitions: PersistentMap.empty(),
  health: PersistentMap.empty(),
  marks: PersistentMap.empty(),
}

/** The later mark; of two at one instant, the one that names what either names: it rules out less. */
export const joinMark = (a: Mark, b: Mark): Mark =>
  a.at !== b.at
    ? a.at > b.at
      ? a
      : b
    : [...b.tasks].every((task) => a.tasks.has(task))
      ? a
      : { at: a.at, tasks: new Set([...a.tasks, ...b.tasks]) }

const greater = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined ? b : b === undefined || a >= b ? a : b

const joinAddresses = (a: Addresses, b: Addresses): Addresses => {
  const ipv4 = greater(a.ipv4, b.ipv4)
  const ipv6 = greater(a.ipv6, b.ipv6)
  return ipv4 === a.ipv4 && ipv6 === a.ipv6 ? a : { ipv4, ipv6 }
}

export const joinInstance = (a: Instance, b: Instance): Instance => {
  const later = a.at >= b.at ? a : b
  const addresses = a.at === b.at ? joinAddresses(a.addresses, b.addresses) : later.addresses
  const machine = joinMachine(a.machine, b.machine)
  return addresses === later.addresses && machine === later.machine
    ? later
    : { at: later.at, addresses, machine }
}

/**
 * A revision is immutable, so the two are the same; should they differ all the same, a total order decides and not
 * arrival.
 */
export const joinDefinition = (a: TaskDefinition, b: TaskDefinition): TaskDefinition =>
  JSON.stringify(a) >= JSON.stringify(b) ? a : b

export const joinHealth = (a: EndpointHealth, b: EndpointHealth): EndpointHealth =>
  a.at !== b.at ? (a.at > b.at ? a : b) : a.healthy && !b.healthy ? b : a

const joinMaps = <V extends object>(
  a: PersistentMap<V>,
  b: PersistentMap<V>,
  join: (a: V, b: V) => V,
): PersistentMap<V> => {
  let joined = a
  b.diff(a, (key, before, after) => {
    if (after !== undefined) joined = joined.set(key, before === undefined ? after : join(before, after))
  })
  return joined
}

/** Joins what two observers know. `reduce` is this join with the knowledge that one event carries. */
export const clusterStateJoin: JoinSemilattice<ClusterState> = {
  join: (a, b) => ({
    tasks: joinMaps(a.tasks, b.tasks, joinTask),
    instances: joinMaps(a.instances, b.instances, joinInstance),
    definitions: joinMaps(a.definitions, b.definitions, joinDefinition),
    health: joinMaps(a.health, b.health, joinHealth),
    marks: joinMaps(a.marks, b.marks, joinMark),
  }),
}
