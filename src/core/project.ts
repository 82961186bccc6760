import { affectedTasks } from './affected-tasks.js'
import type { TaskArn } from './arn.js'
import { BackendClaims, type Loser } from './backend-claims.js'
import { type TaskClaims, claimsOf, originOf, sameClaims } from './claim.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import type { Backend, Desired, Revision, Unresolved } from './desired.js'
import type { BackendName, Policy } from './policy.js'
import { defaultHealthChecks, type HealthChecks } from './health-checks.js'
import { defaultHealthPolicy, type HealthPolicy } from './health-policy.js'
import { completenessOf, type NamelessTask } from './completeness.js'
import { believed, defaultSkewAllowanceMs } from './liveness.js'
import { claimsIn, type KeptClaims, keptClaims } from './kept-claims.js'
import { MissingAnswers } from './missing-answers.js'
import { PersistentMap } from './persistent-map.js'
import { atOnce, type Sliced, sliceSize } from './sliced.js'

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
  /**
   * Called when what a task claims changes, with the names that it claims now, or claimed before. Default: nobody listens.
   */
  readonly onClaims?: (task: TaskArn, backends: Iterable<BackendName>) => void
}

/** Computes the desired state. It keeps the previous state, so pass successive states of one fold. */
export type Projector = (state: ClusterState, revision: Revision) => Desired

/** A `Projector` that works in slices. Finish one projection before the next one begins. */
export type SlicedProjector = (state: ClusterState, revision: Revision) => Sliced<Desired>

const nameTaken = (
  { task, cluster }: Loser,
  backend: BackendName,
  holder: string | undefined,
): Unresolved => ({
  task,
  cluster,
  why: 'name-taken',
  detail: `backend "${backend}" belongs to ${holder ?? 'another service'}: give one of them another name in the policy`,
})

/**
 * An incremental projection, in slices. Its cost is proportional to the tasks that differ from the last state, and to
 * the logarithm of the endpoints of the backends that they claim. An answer to a lookup costs the tasks that lack it, a
 * snapshot one pass over the tasks.
 */
export const projectorInSlices = ({
  expose,
  covers,
  skewAllowanceMs = defaultSkewAllowanceMs,
  unhealthy = defaultHealthPolicy,
  healthChecks = defaultHealthChecks,
  onClaims = () => undefined,
}: ProjectOptions): SlicedProjector => {
  const pooled = expose.pooled ?? false
  const byTask = new Map<TaskArn, KeptClaims>()
  const claimsBy = (arn: TaskArn): TaskClaims | undefined => {
    const kept = byTask.get(arn)
    return kept && claimsIn(kept)
  }
  const byBackend = new Map<BackendName, BackendClaims>()
  const taken = new Map<BackendName, readonly Loser[]>()
  /** The names that each task claims and does not get. */
  const lost = new Map<TaskArn, Set<BackendName>>()
  const missing = new MissingAnswers()
  const nameless = new Map<TaskArn, NamelessTask>()
  let last = emptyState
  let backends = PersistentMap.empty<Backend>()
  let unresolved = PersistentMap.empty<Unresolved>()
  let known: Pick<ClusterState, 'marks' | 'identities' | 'refusals'> = last
  let wereNameless = false
  let completeness = completenessOf(known, [], { covers, pooled })

  const claim = (arn: TaskArn, next: TaskClaims | undefined, dirty: Set<BackendName>): void => {
    const before = claimsBy(arn)
    if (sameClaims(before, next)) return
    const names = new Set([...(before?.claims ?? []), ...(next?.claims ?? [])].map(({ backend }) => backend))
    for (const name of names) {
      const claims = byBackend.get(name) ?? new BackendClaims(name, pooled)
      byBackend.set(name, claims)
      claims.replace(before, next)
      dirty.add(name)
    }
    onClaims(arn, names)
    if (next === undefined) byTask.delete(arn)
    else byTask.set(arn, keptClaims(next))
    if (next?.nameless === undefined) nameless.delete(arn)
    else nameless.set(arn, { ...next.nameless, cluster: next.cluster, origin: originOf(next) })
    if (next?.unresolved !== undefined) unresolved = unresolved.set(arn, next.unresolved)
    else if (before?.unresolved !== undefined) unresolved = unresolved.delete(arn)
  }

  /** Adds the tasks that do not get the name, now or before, to `affected`. Returns the number of its endpoints. */
  const rebuild = (name: BackendName, claims: BackendClaims, affected: Set<TaskArn>): number => {
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
      return 0
    }
    const backend = claims.build(completeness)
    backends = backends.set(name, backend)
    return backend.endpoints.length
  }

  /** If a task does not get several names, reports the least one, so that the order of arrival does not matter. */
  const explain = (arn: TaskArn): void => {
    const claims = claimsBy(arn)
    const [name] = [...(lost.get(arn) ?? [])].sort()
    if (name === undefined) lost.delete(arn)
    const why =
      claims === undefined || name === undefined
        ? claims?.unresolved
        : nameTaken(claims, name, byBackend.get(name)?.holder)
    unresolved = why === undefined ? unresolved.delete(arn) : unresolved.set(arn, why)
  }

  function* claimAll(state: ClusterState, dirty: Set<BackendName>): Sliced<void> {
    const affected = yield* affectedTasks(last, state, { skewAllowanceMs, healthChecks, missing })
    last = state
    let claimed = 0
    for (const [arn, task] of affected) {
      if (++claimed % sliceSize === 0) yield
      const next =
        task === undefined
          ? undefined
          : claimsOf(task, state, expose, skewAllowanceMs, { unhealthy, healthChecks })
      claim(arn, next, dirty)
      const used = task && believed(task, state.marks.get(task.cluster), skewAllowanceMs)
      missing.note(arn, used, state)
    }
  }

  /** Knowledge about whole clusters affects the completeness of all their backends, and rarely changes. */
  const learn = (state: ClusterState, dirty: Set<BackendName>): void => {
    const { marks, identities, refusals } = state
    if (
      marks === known.marks &&
      identities === known.identities &&
      refusals === known.refusals &&
      nameless.size === 0 &&
      !wereNameless
    )
      return
    const next = completenessOf(state, nameless.values(), { covers, pooled })
    if (next.view === completeness.view) {
      // Rarely many: what snapshots rule out is forgotten.
      if (next.hosts !== completeness.hosts)
        for (const [name, claims] of byBackend) if (claims.mayRemove) dirty.add(name)
      completeness = next
    } else {
      for (const name of byBackend.keys()) dirty.add(name)
      completeness = next
    }
    known = state
    wereNameless = nameless.size > 0
  }

  function* rebuildAll(dirty: ReadonlySet<BackendName>): Sliced<void> {
    const affected = new Set<TaskArn>()
    let work = 0
    for (const name of dirty) {
      if (work >= sliceSize) {
        work = 0
        yield
      }
      const claims = byBackend.get(name)
      if (claims !== undefined) work += 1 + rebuild(name, claims, affected)
    }
    for (const arn of affected) explain(arn)
  }

  return function* (state, revision) {
    const dirty = new Set<BackendName>()
    if (state !== last) yield* claimAll(state, dirty)
    learn(state, dirty)
    yield* rebuildAll(dirty)
    const { complete, awaited, unjudged, readings } = completeness
    return { revision, backends, complete, awaited, unjudged, readings, unresolved }
  }
}

/** An incremental projection, as `projectorInSlices`. */
export const projector = (options: ProjectOptions): Projector => {
  const project = projectorInSlices(options)
  return (state, revision) => atOnce(project(state, revision))
}

/** Computes the desired state from scratch. */
export const project = (state: ClusterState, options: ProjectOptions): Desired => projector(options)(state, 0)
