/**
 * The known state of the clusters: a product of joins, so that the same events give the same state in any order.
 * Knowledge only grows here. A task is gone if its own status says so, or if a newer snapshot does not list it.
 */
import type { Addresses } from './addresses.js'
import type { ClusterArn } from './arn.js'
import type { Millis } from './clock.js'
import { type Deployment, joinDeployment } from './deployment.js'
import { laterPosition, type LogPosition } from './log-position.js'
import { joinMachine, type Machine } from './machine.js'
import { PersistentMap } from './persistent-map.js'
import type { TaskDefinition } from './task-definition.js'
import { joinTask, sameTask, type Task } from './task.js'

/** The newest complete snapshot of a cluster. */
export interface Mark {
  /** Orders snapshots: the greater is the newer one. */
  readonly order: number
  /** A time at or before the beginning of the snapshot, by ECS's clock; 0 if no time could be trusted. */
  readonly at: Millis
  /** Every listed task, as described then, by `TaskArn`. Shares its records and nodes with `ClusterState.tasks`. */
  readonly tasks: PersistentMap<Task>
}

/** The clusters that a name or a pattern stands for. */
export interface Identity {
  readonly order: number
  /** Sorted, without duplicates. */
  readonly clusters: readonly ClusterArn[]
}

/** A final refusal of a lookup. */
export interface Refusal {
  readonly at: number
  readonly reason: string
}

export interface Instance {
  readonly at: number
  /** The addresses at that time. */
  readonly addresses: Addresses
  /** From any observation that contained it. */
  readonly machine: Machine | undefined
}

export interface EndpointHealth {
  readonly at: number
  readonly healthy: boolean
}

/** How far a log has been delivered. */
export interface LogProgress {
  readonly position: LogPosition
}

export interface ClusterState {
  /** By `TaskArn`. */
  readonly tasks: PersistentMap<Task>
  /** By `InstanceArn`. */
  readonly instances: PersistentMap<Instance>
  /** By `DefinitionArn`. */
  readonly definitions: PersistentMap<TaskDefinition>
  /** By `ServiceArn`: the services whose tasks a source has asked about. */
  readonly deployments: PersistentMap<Deployment>
  /** The results of `healthProbe`, by `EndpointId`. */
  readonly health: PersistentMap<EndpointHealth>
  /** By `ClusterArn`. */
  readonly marks: PersistentMap<Mark>
  /** By the name or pattern that a source covers. */
  readonly identities: PersistentMap<Identity>
  /** By `InstanceArn`, `DefinitionArn`, or the cluster as in `Source.covers`. */
  readonly refusals: PersistentMap<Refusal>
  /** By log, as in `LogRead`. */
  readonly logs: PersistentMap<LogProgress>
}

/** The state before any event. */
export const emptyState: ClusterState = {
  tasks: PersistentMap.keyedBy(({ arn }) => arn),
  instances: PersistentMap.empty(),
  definitions: PersistentMap.empty(),
  deployments: PersistentMap.empty(),
  health: PersistentMap.empty(),
  marks: PersistentMap.empty(),
  identities: PersistentMap.empty(),
  refusals: PersistentMap.empty(),
  logs: PersistentMap.empty(),
}

const joinListed = (a: PersistentMap<Task>, b: PersistentMap<Task>): PersistentMap<Task> =>
  joinMaps(a, b, (known, task) => {
    const joined = joinTask(known, task)
    return sameTask(known, joined) ? known : joined
  })

/**
 * The tasks of the newer mark, and the later time. The newer snapshot began no earlier than the older one, so the older
 * one's time is also at or before its beginning, although a clock that jumped back may have dated it earlier. Without
 * that, what the older snapshot had ruled out could come back. For equal orders, the union of their tasks, which rules
 * out less.
 */
export const joinMark = (a: Mark, b: Mark): Mark => {
  const at = Math.max(a.at, b.at)
  const newer = a.order >= b.order ? a : b
  const tasks = a.order === b.order ? joinListed(a.tasks, b.tasks) : newer.tasks
  return newer.at === at && newer.tasks === tasks ? newer : { order: newer.order, at, tasks }
}

/** The newer answer. For equal ages, the union of their clusters. */
export const joinIdentity = (a: Identity, b: Identity): Identity => {
  if (a.order !== b.order) return a.order > b.order ? a : b
  return b.clusters.every((cluster) => a.clusters.includes(cluster))
    ? a
    : { order: a.order, clusters: [...new Set([...a.clusters, ...b.clusters])].sort() }
}

export const joinRefusal = (a: Refusal, b: Refusal): Refusal =>
  a.at !== b.at ? (a.at > b.at ? a : b) : a.reason >= b.reason ? a : b

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
 * Revisions are immutable, so the two are equal. If they differ anyway, a total order decides, not the order of
 * arrival.
 */
export const joinDefinition = (a: TaskDefinition, b: TaskDefinition): TaskDefinition =>
  JSON.stringify(a) >= JSON.stringify(b) ? a : b

export const joinHealth = (a: EndpointHealth, b: EndpointHealth): EndpointHealth =>
  a.at !== b.at ? (a.at > b.at ? a : b) : a.healthy && !b.healthy ? b : a

export const joinLog = (a: LogProgress, b: LogProgress): LogProgress =>
  laterPosition(a.position, b.position) === a.position ? a : b

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

/** A semilattice: `join` commutes, associates and is idempotent. An fp-ts `JoinSemilattice`. */
export interface Join<A> {
  readonly join: (a: A, b: A) => A
}

/** Joins the knowledge of two observers. `reduce` is this join with the content of one event. */
export const clusterStateJoin: Join<ClusterState> = {
  join: (a, b) => ({
    tasks: joinMaps(a.tasks, b.tasks, joinTask),
    instances: joinMaps(a.instances, b.instances, joinInstance),
    definitions: joinMaps(a.definitions, b.definitions, joinDefinition),
    deployments: joinMaps(a.deployments, b.deployments, joinDeployment),
    health: joinMaps(a.health, b.health, joinHealth),
    marks: joinMaps(a.marks, b.marks, joinMark),
    identities: joinMaps(a.identities, b.identities, joinIdentity),
    refusals: joinMaps(a.refusals, b.refusals, joinRefusal),
    logs: joinMaps(a.logs, b.logs, joinLog),
  }),
}
