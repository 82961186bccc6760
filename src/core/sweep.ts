import type { ClusterArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import { serviceOfTask } from './deployment.js'
import { livenessOf, ruledOut } from './liveness.js'
import type { PersistentMap } from './persistent-map.js'
import { atOnce, type Sliced, sliceSize } from './sliced.js'
import type { Task } from './task.js'

/** SQS redelivers for at most 14 days (its maximum retention), plus a day for messages in transit. */
export const defaultRemember: Millis = 15 * 24 * 3_600_000

export interface SweepOptions {
  /** As in `livenessOf`. */
  readonly skewAllowanceMs: Millis
  readonly now: Millis
  /**
   * Whether every required sink has reached this state. Until then, no task is reduced to a tombstone, which no longer
   * shows which addresses are gone.
   */
  readonly settled: boolean
  /**
   * Whether a cluster is still followed. The mark of a cluster that is not followed is removed with its last task.
   * Default: all clusters are followed.
   */
  readonly follows?: (cluster: ClusterArn) => boolean
  /**
   * How long to remember facts that no snapshot can provide: that a task has stopped, in a cluster *without* snapshots,
   * and that a task is unhealthy. Otherwise a late RUNNING would resurrect the task. Default: `defaultRemember`.
   */
  readonly remember?: Millis
}

/** Keeps what is needed to reject late events: version and status. The addresses have long left the targets. */
const tombstone = (task: Task): Task => {
  const { end, ...kept } = task
  return end === undefined &&
    task.containers.length === 0 &&
    task.interface === undefined &&
    task.health === undefined
    ? task
    : { ...kept, containers: [], interface: undefined, health: undefined }
}

/**
 * The latest time by ECS's clock in events. It limits `now`, so that a machine whose clock is weeks ahead does not
 * forget tasks that stopped yesterday.
 */
function* newestOf({ tasks }: ClusterState): Sliced<Millis> {
  let newest = 0
  let count = 0
  for (const { at } of tasks.values()) {
    // A look at a time is far shorter than any other work.
    if (++count % (4 * sliceSize) === 0) yield
    if (at > newest) newest = at
  }
  return newest
}

function* retain<V extends object>(
  map: PersistentMap<V>,
  keep: (key: string) => boolean,
): Sliced<PersistentMap<V>> {
  let kept = map
  let count = 0
  for (const key of map.keys()) {
    if (++count % (4 * sliceSize) === 0) yield
    if (!keep(key)) kept = kept.delete(key)
  }
  return kept
}

/**
 * Forgets everything that can no longer affect which tasks are live, whatever events arrive:
 *
 * - Tasks that a snapshot rules out even at twice the skew allowance. A late event of such a task is newer than its
 *   known record by at most one skew allowance, so the mark rules it out, too. At one skew allowance, a late event
 *   could resurrect the task. Tasks that are known to be UNHEALTHY are kept for `remember`: events have no health, so a
 *   late one, sent within the skew allowance of the mark, would be used.
 * - Without snapshots, stopped tasks after `remember`; before that, they are reduced to tombstones.
 * - Instances, definitions and deployments that no remaining task refers to. They are looked up again when needed.
 * - Probe results for endpoints of tasks that are forgotten or reduced. If such an endpoint appears again, it is
 *   exposed until it is probed.
 *
 * Takes O(tasks). Call it after a snapshot, and otherwise occasionally.
 */
export const sweep = (state: ClusterState, options: SweepOptions): ClusterState =>
  atOnce(sweepInSlices(state, options))

/** `sweep`, in slices. */
export function* sweepInSlices(state: ClusterState, options: SweepOptions): Sliced<ClusterState> {
  const { skewAllowanceMs, settled, remember = defaultRemember, follows = () => true } = options
  const now = Math.min(options.now, yield* newestOf(state))
  let { tasks } = state
  const instances = new Set<string>()
  const definitions = new Set<string>()
  const probed = new Set<string>()
  const inhabited = new Set<ClusterArn>()
  const services = new Set<string | undefined>()
  let count = 0
  for (const [arn, task] of state.tasks) {
    if (++count % sliceSize === 0) yield
    const mark = state.marks.get(task.cluster)
    const unhealthy = task.health?.status === 'UNHEALTHY'
    const stopped = livenessOf(task, undefined, skewAllowanceMs) === 'gone' && !unhealthy
    if (ruledOut(task, mark, unhealthy ? Math.max(2 * skewAllowanceMs, remember) : 2 * skewAllowanceMs))
      tasks = tasks.delete(arn)
    else if (mark === undefined && stopped && settled && task.at + remember < now) tasks = tasks.delete(arn)
    else {
      if (mark === undefined && stopped && settled && task.at + 2 * skewAllowanceMs < now)
        tasks = tasks.set(arn, tombstone(task))
      else if (state.health.size > 0) probed.add(arn)
      inhabited.add(task.cluster)
      if (task.instance !== undefined) instances.add(task.instance)
      if (task.definition !== undefined) definitions.add(task.definition)
      if (state.deployments.size > 0) services.add(serviceOfTask(task))
    }
  }
  return {
    tasks,
    instances: yield* retain(state.instances, (arn) => instances.has(arn)),
    definitions: yield* retain(state.definitions, (arn) => definitions.has(arn)),
    deployments: yield* retain(state.deployments, (service) => services.has(service)),
    health: yield* retain(state.health, (endpoint) => probed.has(endpoint.slice(0, endpoint.indexOf('#')))),
    marks: yield* retain(state.marks, (cluster) => inhabited.has(cluster) || follows(cluster)),
    identities: state.identities,
    logs: state.logs,
    refusals: yield* retain(
      state.refusals,
      (key) =>
        instances.has(key) ||
        definitions.has(key) ||
        !/:(container-instance|[a-z-]*task-definition)\//.test(key),
    ),
  }
}
