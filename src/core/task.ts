/**
 * The record of one task: one observation, or the join of many. Observations arrive late, twice and out of order, from
 * events and from the API. `joinTask` is therefore commutative, associative and idempotent: a product of independent
 * registers.
 *
 * - *Facts* (group, definition, instance, launch type, capacity provider, zone, `startedBy`, creation) never change
 *   during a task's lifetime. Missing ones are filled in.
 * - *Status* is that of the highest `version`. ECS increments it at every change, and documents equal versions as
 *   duplicates.
 * - *Addresses* are those of the highest version *that has any*, because a higher version may lack them (an ACTIVATING
 *   event without attachments has been seen before the RUNNING event that has them again).
 * - The *end* (why it stops, exit codes) is that of the highest version that tells any; only tasks that stop have it.
 * - *Health* comes only from DescribeTasks, and is that of the latest answer: a change of health does not increment
 *   `version`. That the task has been HEALTHY once is never forgotten.
 *
 * Events and DescribeTasks may disagree for the same version. Each field then takes the greater value in a total order
 * in which stopping beats running, so that the order of arrival does not matter.
 */
import type { ClusterArn, DefinitionArn, InstanceArn, TaskArn } from './arn.js'
import type { Binding } from './binding.js'
import type { Millis } from './clock.js'
import { extended } from './extended.js'
import { joinEnd, sameEnd, type TaskEnd } from './task-end.js'
import { lifecycleRank, type TaskStatus } from './task-status.js'

export type Health = 'HEALTHY' | 'UNKNOWN' | 'UNHEALTHY'

export interface Container {
  readonly name: string
  /** `undefined` if no observation had it. */
  readonly arn: string | undefined
  /** The task's version that `lastStatus` is from. */
  readonly version: number
  readonly lastStatus: TaskStatus
  /**
   * The container runtime's id, as shown by `docker ps`. It also belongs to `version`, because a container that ECS
   * restarts within its task gets a new one.
   */
  readonly runtimeId: string | undefined
  /** The task's version that `bindings` are from; -1 if there are none. */
  readonly bindingsVersion: number
  /** Canonical: ordered by protocol and container port, one for the IPv4 and IPv6 rows of a port. Empty for awsvpc. */
  readonly bindings: readonly Binding[]
}

/** The network interface of an awsvpc task. Whether it can receive traffic depends on the task's status. */
export interface Interface {
  readonly version: number
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}

export interface Task {
  readonly arn: TaskArn
  readonly cluster: ClusterArn
  /** `service:<name>`, `family:<name>`, or any group given to RunTask. */
  readonly group: string | undefined
  readonly definition: DefinitionArn | undefined
  /** `undefined` on Fargate, and until the task is placed. */
  readonly instance: InstanceArn | undefined
  readonly launchType: string | undefined
  /** `undefined` for tasks that were started with a launch type. */
  readonly capacityProvider: string | undefined
  /** The availability zone, such as `eu-west-1a`. `undefined` outside AWS, and until the task is placed. */
  readonly zone: string | undefined
  /**
   * What started the task: for a service's task, the id of its deployment, `ecs-svc/<id>`, which tells the tasks of two
   * revisions apart; for others, any text that was given to RunTask.
   */
  readonly startedBy: string | undefined
  /** When the task was created, by ECS's clock. */
  readonly createdAt: Millis | undefined
  /** `detail.version`, which counts the changes of this task from 1. */
  readonly version: number
  /** The `updatedAt` of that version. */
  readonly at: Millis
  readonly lastStatus: TaskStatus
  readonly desiredStatus: TaskStatus
  readonly interface: Interface | undefined
  /** By name. */
  readonly containers: readonly Container[]
  readonly health: TaskHealth | undefined
  /** Why it stops; left out of tasks that do not, so that these take no memory for it. */
  readonly end?: TaskEnd
}

export interface TaskHealth {
  /** Orders observations: the greater is the newer one; see `Stamps`. */
  readonly at: number
  readonly status: Health
  /** Whether another observation was HEALTHY; left out if this one is, or none was. */
  readonly wasHealthy?: true
}

/** Whether any observation of the task was HEALTHY. */
export const hasBeenHealthy = (health: TaskHealth | undefined): boolean =>
  health?.status === 'HEALTHY' || health?.wasHealthy === true

/** The greater of two strings, where `undefined` is least; fills in missing values. */
const fill = <A extends string>(a: A | undefined, b: A | undefined): A | undefined =>
  a === undefined ? b : b === undefined || a >= b ? a : b

/** For numbers as `fill` is for texts. */
const fillTime = (a: Millis | undefined, b: Millis | undefined): Millis | undefined =>
  a === undefined ? b : b === undefined || a >= b ? a : b

const later = (a: TaskStatus, b: TaskStatus): TaskStatus => {
  const rankA = lifecycleRank(a)
  const rankB = lifecycleRank(b)
  return rankA > rankB || (rankA === rankB && a >= b) ? a : b
}

const healthRank: Readonly<Record<Health, number>> = { UNKNOWN: 0, HEALTHY: 1, UNHEALTHY: 2 }

const joinHealth = (a: Task['health'], b: Task['health']): Task['health'] => {
  if (a === undefined || b === undefined) return a ?? b
  const isNewer = a.at === b.at ? healthRank[a.status] >= healthRank[b.status] : a.at > b.at
  const newer = isNewer ? a : b
  return hasBeenHealthy(newer) || !hasBeenHealthy(isNewer ? b : a)
    ? newer
    : { at: newer.at, status: newer.status, wasHealthy: true }
}

const joinInterface = (a: Interface | undefined, b: Interface | undefined): Interface | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  if (a.version !== b.version) return a.version > b.version ? a : b
  return { version: a.version, ipv4: fill(a.ipv4, b.ipv4), ipv6: fill(a.ipv6, b.ipv6) }
}

/** The canonical order of bindings. Returns 0 for rows of the same port. */
export const compareBindings = (a: Binding, b: Binding): number =>
  a.protocol === b.protocol ? a.containerPort - b.containerPort : a.protocol < b.protocol ? -1 : 1

const wider = (a: Binding, b: Binding): Binding =>
  a.hostPort > b.hostPort || (a.hostPort === b.hostPort && a.count >= b.count) ? a : b

/** Merges two lists that are sorted by `compare`, joining equal items. */
const mergeSorted = <A>(
  as: readonly A[],
  bs: readonly A[],
  compare: (a: A, b: A) => number,
  join: (a: A, b: A) => A,
): readonly A[] => {
  const merged: A[] = []
  let i = 0
  let j = 0
  for (;;) {
    const a = as[i]
    const b = bs[j]
    if (a === undefined) return j === 0 && merged.length === 0 ? bs : merged.concat(bs.slice(j))
    if (b === undefined) return merged.concat(as.slice(i))
    const order = compare(a, b)
    merged.push(order === 0 ? join(a, b) : order < 0 ? a : b)
    if (order <= 0) i++
    if (order >= 0) j++
  }
}

const isAscending = <A>(items: readonly A[], compare: (a: A, b: A) => number): boolean => {
  let previous: A | undefined
  for (const item of items) {
    if (previous !== undefined && compare(previous, item) >= 0) return false
    previous = item
  }
  return true
}

/**
 * Sorts a list and joins items that `compare` considers equal. Takes n log n steps, however many are equal: neighbours
 * are joined as in a tournament, so that no item is copied more than log n times.
 */
const canonical = <A>(
  items: readonly A[],
  compare: (a: A, b: A) => number,
  join: (a: A, b: A) => A,
): readonly A[] => {
  if (items.length < 2 || isAscending(items, compare)) return items
  let round: readonly A[] = items.toSorted(compare)
  while (!isAscending(round, compare)) {
    const joined: A[] = []
    let waiting: A | undefined
    for (const item of round) {
      if (waiting === undefined) waiting = item
      else if (compare(waiting, item) === 0) {
        joined.push(join(waiting, item))
        waiting = undefined
      } else {
        joined.push(waiting)
        waiting = item
      }
    }
    if (waiting !== undefined) joined.push(waiting)
    round = joined
  }
  return round
}

/** Puts bindings in canonical form: sorted, one per port. */
export const canonicalBindings = (bindings: readonly Binding[]): readonly Binding[] =>
  canonical(bindings, compareBindings, wider)

const compareNames = (a: Container, b: Container): number =>
  a.name === b.name ? 0 : a.name < b.name ? -1 : 1

const joinContainer = (a: Container, b: Container): Container => {
  const newer = a.version >= b.version ? a : b
  const bound = a.bindingsVersion >= b.bindingsVersion ? a : b
  return {
    name: a.name,
    arn: fill(a.arn, b.arn),
    version: newer.version,
    lastStatus: a.version === b.version ? later(a.lastStatus, b.lastStatus) : newer.lastStatus,
    runtimeId: a.version === b.version ? fill(a.runtimeId, b.runtimeId) : newer.runtimeId,
    bindingsVersion: bound.bindingsVersion,
    bindings:
      a.bindingsVersion === b.bindingsVersion
        ? mergeSorted(a.bindings, b.bindings, compareBindings, wider)
        : bound.bindings,
  }
}

/** Puts containers in canonical form: sorted, one per name. */
export const canonicalContainers = (containers: readonly Container[]): readonly Container[] =>
  canonical(containers, compareNames, joinContainer)

/** Whether `newer` contains everything in `older` with a higher version. This common case needs no new objects. */
const supersedes = (newer: Task, older: Task): boolean =>
  newer.version > older.version &&
  (older.group === undefined || older.group === newer.group) &&
  (older.definition === undefined || older.definition === newer.definition) &&
  (older.instance === undefined || older.instance === newer.instance) &&
  (older.launchType === undefined || older.launchType === newer.launchType) &&
  (older.capacityProvider === undefined || older.capacityProvider === newer.capacityProvider) &&
  (older.zone === undefined || older.zone === newer.zone) &&
  (older.startedBy === undefined || older.startedBy === newer.startedBy) &&
  (older.createdAt === undefined || older.createdAt === newer.createdAt) &&
  older.health === undefined &&
  (older.end === undefined || (newer.end?.version ?? -1) > older.end.version) &&
  (older.interface === undefined || (newer.interface?.version ?? -1) > older.interface.version) &&
  older.containers.length === newer.containers.length &&
  newer.containers.every((container, i) => {
    const before = older.containers[i]
    return (
      before?.name === container.name &&
      before.version < container.version &&
      (before.arn === undefined || before.arn === container.arn) &&
      (before.bindingsVersion < container.bindingsVersion || before.bindingsVersion === -1)
    )
  })

/** The least upper bound of two records. Both must be of the same task. */
export const joinTask = (a: Task, b: Task): Task => {
  if (supersedes(b, a)) return b
  if (supersedes(a, b)) return a
  const newer = a.version >= b.version ? a : b
  const tie = a.version === b.version
  const end = joinEnd(a.end, b.end)
  const joined: Task = {
    arn: a.arn,
    cluster: a.cluster,
    group: fill(a.group, b.group),
    definition: fill(a.definition, b.definition),
    instance: fill(a.instance, b.instance),
    launchType: fill(a.launchType, b.launchType),
    capacityProvider: fill(a.capacityProvider, b.capacityProvider),
    zone: fill(a.zone, b.zone),
    startedBy: fill(a.startedBy, b.startedBy),
    createdAt: fillTime(a.createdAt, b.createdAt),
    version: newer.version,
    at: tie ? Math.max(a.at, b.at) : newer.at,
    lastStatus: tie ? later(a.lastStatus, b.lastStatus) : newer.lastStatus,
    desiredStatus: tie ? later(a.desiredStatus, b.desiredStatus) : newer.desiredStatus,
    interface: joinInterface(a.interface, b.interface),
    containers: mergeSorted(a.containers, b.containers, compareNames, joinContainer),
    health: joinHealth(a.health, b.health),
  }
  return end === undefined ? joined : extended(joined, { end })
}

const sameBindings = (a: readonly Binding[], b: readonly Binding[]): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every((x, i) => {
      const y = b[i]
      return (
        x.hostPort === y?.hostPort &&
        x.containerPort === y.containerPort &&
        x.protocol === y.protocol &&
        x.count === y.count
      )
    }))

/** Whether two containers of the same site are equal: see `sameSite`, which compares the rest. */
const sameMoment = (a: Container, b: Container): boolean =>
  a.version === b.version &&
  a.lastStatus === b.lastStatus &&
  a.runtimeId === b.runtimeId &&
  a.bindingsVersion === b.bindingsVersion

const sameContainers = (
  a: readonly Container[],
  b: readonly Container[],
  same: (a: Container, b: Container) => boolean,
): boolean =>
  a.length === b.length &&
  a.every((container, i) => {
    const other = b[i]
    return other !== undefined && same(container, other)
  })

/**
 * Whether two records are equal in everything that is constant while a task runs: all but status, time, health and end.
 */
export const sameSite = (a: Task, b: Task): boolean =>
  a.arn === b.arn &&
  a.group === b.group &&
  a.definition === b.definition &&
  a.instance === b.instance &&
  a.launchType === b.launchType &&
  a.capacityProvider === b.capacityProvider &&
  a.zone === b.zone &&
  a.startedBy === b.startedBy &&
  a.createdAt === b.createdAt &&
  a.interface?.ipv4 === b.interface?.ipv4 &&
  a.interface?.ipv6 === b.interface?.ipv6 &&
  sameContainers(
    a.containers,
    b.containers,
    (x, y) => x.name === y.name && x.arn === y.arn && sameBindings(x.bindings, y.bindings),
  )

/** Whether all containers have the same statuses. */
export const sameContainerStatuses = (a: Task, b: Task): boolean =>
  sameContainers(a.containers, b.containers, (x, y) => x.name === y.name && x.lastStatus === y.lastStatus)

export const sameHealth = (a: TaskHealth | undefined, b: TaskHealth | undefined): boolean =>
  a === b || (a?.at === b?.at && a?.status === b?.status && a?.wasHealthy === b?.wasHealthy)

/** Whether two records of a task are equal. */
export const sameTask = (a: Task, b: Task): boolean =>
  a === b ||
  (a.version === b.version &&
    a.at === b.at &&
    a.lastStatus === b.lastStatus &&
    a.desiredStatus === b.desiredStatus &&
    a.interface?.version === b.interface?.version &&
    sameHealth(a.health, b.health) &&
    sameEnd(a.end, b.end) &&
    sameSite(a, b) &&
    sameContainers(a.containers, b.containers, sameMoment))
