import type { ClusterArn, TaskArn } from './arn.js'
import { BackendClaims } from './backend-claims.js'
import { type TaskClaims, claimsOf, sameClaims } from './claim.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState, type Mark } from './cluster-state.js'
import { serviceOfTask } from './deployment.js'
import type { Backend, Desired, Revision, Unresolved } from './desired.js'
import type { BackendName, Policy } from './policy.js'
import { defaultHealthChecks, firstHealthOf, type HealthChecks } from './health-checks.js'
import { defaultHealthPolicy, type HealthPolicy } from './health-policy.js'
import { completenessOf, type NamelessTask } from './completeness.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from './liveness.js'
import { PersistentMap } from './persistent-map.js'
import { sameContainerStatuses, sameSite, type Task } from './task.js'

export interface ProjectOptions {
  /** The policy. */
  readonly expose: Policy
  /**
   * Clusters, by name or ARN, that sources cover with snapshots; `Desired.complete` waits for all of them. If empty,
   * the desired state is never complete.
   */
  readonly covers: readonly string[]
  /** As in `livenessOf`. Default: 30,000 ms. */
  readonly skewAllowanceMs?: Millis
  /** How to treat unhealthy endpoints. Default: `leave-out`. */
  readonly unhealthy?: HealthPolicy
  /** Whether a task with a health check waits for its first HEALTHY. Default: `advisory`. */
  readonly healthChecks?: HealthChecks
}

/** Computes the desired state. It keeps the previous state, so pass successive states of one fold. */
export type Projector = (state: ClusterState, revision: Revision) => Desired

/** The tasks whose claims may differ between two states. */
const affectedTasks = (
  last: ClusterState,
  state: ClusterState,
  skewAllowanceMs: Millis,
  healthChecks: HealthChecks,
): ReadonlyMap<TaskArn, Task | undefined> => {
  const tasks = new Map<TaskArn, Task | undefined>()
  // Most events are about tasks that are starting or stopping, and most snapshots contain nothing new. Neither affects
  // claims.
  const compare = (arn: TaskArn, before: Task | undefined, after: Task | undefined): void => {
    if (before !== undefined && after !== undefined) {
      const markBefore = last.marks.get(before.cluster)
      const mark = state.marks.get(after.cluster)
      const was = believed(before, markBefore, skewAllowanceMs)
      const is = believed(after, mark, skewAllowanceMs)
      const liveness = livenessOf(is, mark, skewAllowanceMs)
      if (
        livenessOf(was, markBefore, skewAllowanceMs) === liveness &&
        sameSite(was, is) &&
        (healthChecks === 'advisory' || firstHealthOf(was, markBefore) === firstHealthOf(is, mark)) &&
        (liveness === 'gone' || liveness === 'pending' || sameContainerStatuses(was, is))
      )
        return
    }
    tasks.set(arn, after)
  }
  state.tasks.diff(last.tasks, compare)
  state.health.diff(last.health, (endpoint) => {
    const arn = endpoint.slice(0, endpoint.indexOf('#'))
    tasks.set(arn, state.tasks.get(arn))
  })
  const clusters = new Set<string>()
  state.marks.diff(last.marks, (cluster) => clusters.add(cluster))
  const answers = new Set<string | undefined>()
  state.definitions.diff(last.definitions, (arn) => answers.add(arn))
  state.instances.diff(last.instances, (arn) => answers.add(arn))
  state.refusals.diff(last.refusals, (arn) => answers.add(arn))
  const services = new Set<string | undefined>()
  state.deployments.diff(last.deployments, (service, before, after) => {
    if (before?.described !== after?.described) services.add(service)
  })
  const marks = new Map<ClusterArn, { readonly before: Mark | undefined; readonly after: Mark | undefined }>()
  /** Whether two snapshots describe the task as it is known. No claim then depends on which of them is the newest. */
  const isListedAsBefore = (arn: TaskArn, task: Task): boolean => {
    const { cluster } = task
    const known = marks.get(cluster) ?? { before: last.marks.get(cluster), after: state.marks.get(cluster) }
    marks.set(cluster, known)
    return known.after?.tasks.get(arn) === task && known.before?.tasks.get(arn) === task
  }
  // Snapshots, definitions and instances are rare compared to events. One pass over the tasks handles all that arrived
  // together.
  if (clusters.size + answers.size + services.size > 0)
    for (const [arn, task] of state.tasks) {
      if (answers.size + services.size === 0 && isListedAsBefore(arn, task)) continue
      const { definition, instance } = believed(task, state.marks.get(task.cluster), skewAllowanceMs)
      if (
        answers.has(definition) ||
        answers.has(instance) ||
        (services.size > 0 && services.has(serviceOfTask(task)))
      )
        tasks.set(arn, task)
      else if (clusters.has(task.cluster)) compare(arn, last.tasks.get(arn), task)
    }
  return tasks
}

const nameTaken = (
  { task, cluster }: TaskClaims,
  backend: BackendName,
  holder: string | undefined,
): Unresolved => ({
  task,
  cluster,
  why: 'name-taken',
  detail: `backend "${backend}" belongs to ${holder ?? 'another service'}: give one of them another name in the policy`,
})

/**
 * An incremental projection. Its cost is proportional to the tasks that differ from the last state, and the backends
 * that they claim. A snapshot, an instance or a definition costs one pass over the tasks.
 */
export const projector = ({
  expose,
  covers,
  skewAllowanceMs = defaultSkewAllowanceMs,
  unhealthy = defaultHealthPolicy,
  healthChecks = defaultHealthChecks,
}: ProjectOptions): Projector => {
  const pooled = expose.pooled ?? false
  const byTask = new Map<TaskArn, TaskClaims>()
  const byBackend = new Map<BackendName, BackendClaims>()
  const taken = new Map<BackendName, readonly TaskClaims[]>()
  /** The names that each task claims and does not get. */
  const lost = new Map<TaskArn, Set<BackendName>>()
  const nameless = new Map<TaskArn, NamelessTask>()
  let last = emptyState
  let backends = PersistentMap.empty<Backend>()
  let unresolved = PersistentMap.empty<Unresolved>()
  let known: Pick<ClusterState, 'marks' | 'identities' | 'refusals'> = last
  let wereNameless = false
  let completeness = completenessOf(known, [], { covers, pooled })

  const claim = (arn: TaskArn, next: TaskClaims | undefined, dirty: Set<BackendName>): void => {
    const before = byTask.get(arn)
    if (sameClaims(before, next)) return
    const names = new Set([...(before?.claims ?? []), ...(next?.claims ?? [])].map(({ backend }) => backend))
    for (const name of names) {
      const claims = byBackend.get(name) ?? new BackendClaims(name, pooled)
      byBackend.set(name, claims)
      claims.set(arn, next?.claims.some(({ backend }) => backend === name) === true ? next : undefined)
      dirty.add(name)
    }
    if (next === undefined) byTask.delete(arn)
    else byTask.set(arn, next)
    if (next?.nameless === undefined) nameless.delete(arn)
    else nameless.set(arn, { ...next.nameless, cluster: next.cluster, origin: next.origin })
    unresolved =
      next?.unresolved === undefined ? unresolved.delete(arn) : unresolved.set(arn, next.unresolved)
  }

  /** Adds the tasks that do not get the name, now or before, to `affected`. */
  const rebuild = (name: BackendName, claims: BackendClaims, affected: Set<TaskArn>): void => {
    for (const { task } of taken.get(name) ?? []) {
      lost.get(task)?.delete(name)
      affected.add(task)
    }
    const { losers } = claims
    if (losers.length === 0) taken.delete(name)
    else taken.set(name, losers)
    for (const { task } of losers) {
      lost.set(task, (lost.get(task) ?? new Set()).add(name))
      affected.add(task)
    }
    if (claims.isEmpty) {
      byBackend.delete(name)
      backends = backends.delete(name)
    } else backends = backends.set(name, claims.build(completeness))
  }

  /** If a task does not get several names, reports the least one, so that the order of arrival does not matter. */
  const explain = (arn: TaskArn): void => {
    const claims = byTask.get(arn)
    const [name] = [...(lost.get(arn) ?? [])].sort()
    if (name === undefined) lost.delete(arn)
    const why =
      claims === undefined || name === undefined
        ? claims?.unresolved
        : nameTaken(claims, name, byBackend.get(name)?.holder)
    unresolved = why === undefined ? unresolved.delete(arn) : unresolved.set(arn, why)
  }

  return (state, revision) => {
    const dirty = new Set<BackendName>()
    if (state !== last)
      for (const [arn, task] of affectedTasks(last, state, skewAllowanceMs, healthChecks))
        claim(
          arn,
          task === undefined
            ? undefined
            : claimsOf(task, state, expose, skewAllowanceMs, { unhealthy, healthChecks }),
          dirty,
        )
    last = state

    // Knowledge about whole clusters affects the completeness of all their backends, and rarely changes.
    const { marks, identities, refusals } = state
    if (
      marks !== known.marks ||
      identities !== known.identities ||
      refusals !== known.refusals ||
      nameless.size > 0 ||
      wereNameless
    ) {
      const next = completenessOf(state, nameless.values(), { covers, pooled })
      if (next.view === completeness.view) completeness = { ...completeness, readings: next.readings }
      else {
        for (const name of byBackend.keys()) dirty.add(name)
        completeness = next
      }
      known = state
      wereNameless = nameless.size > 0
    }
    const affected = new Set<TaskArn>()
    for (const name of dirty) {
      const claims = byBackend.get(name)
      if (claims !== undefined) rebuild(name, claims, affected)
    }
    for (const arn of affected) explain(arn)
    const { complete, awaited, unjudged, readings } = completeness
    return { revision, backends, complete, awaited, unjudged, readings, unresolved }
  }
}

/** Computes the desired state from scratch. */
export const project = (state: ClusterState, options: ProjectOptions): Desired => projector(options)(state, 0)
