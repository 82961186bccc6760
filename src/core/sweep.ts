import type { ClusterArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import { livenessOf, ruledOut } from './liveness.js'
import type { PersistentMap } from './persistent-map.js'
import type { Task } from './task.js'

/** A queue redelivers for 14 days at most (SQS's longest retention); a day more for what was on its way. */
export const defaultRemember: Millis = 15 * 24 * 3_600_000

export interface SweepOptions {
  /** As in `livenessOf`. */
  readonly skewAllowanceMs: Millis
  readonly now: Millis
  /**
   * Whether every required sink has reached this state. Until then nothing shrinks to a tombstone, which no longer
   * tells what is gone.
   */
  readonly settled: boolean
  /**
   * Whether a cluster is still followed: what its last snapshot said is forgotten with its last task otherwise. Default:
   * all are.
   */
  readonly follows?: (cluster: ClusterArn) => boolean
  /**
   * How long is remembered what no snapshot can tell: that a task has stopped, in a cluster *without* snapshots, and
   * that it is unhealthy. Otherwise a late RUNNING would resurrect it. Default: `defaultRemember`.
   */
  readonly remember?: Millis
}

/** Only what rejects late events: version and status. Its addresses have left the targets long ago. */
const tombstone = (task: Task): Task =>
  task.containers.length === 0 && task.interface === undefined && task.health === undefined
    ? task
    : { ...task, containers: [], interface: undefined, health: undefined }

/**
 * The time by the clock of ECS, as far as events have told it: a machine whose clock is weeks ahead must not forget what
 * stopped yesterday.
 */
const newestOf = ({ tasks }: ClusterState): Millis => {
  let newest = 0
  for (const { at } of tasks.values()) if (at > newest) newest = at
  return newest
}

const retain = <V extends object>(
  map: PersistentMap<V>,
  keep: (key: string) => boolean,
): PersistentMap<V> => {
  let kept = map
  for (const [key] of map) if (!keep(key)) kept = kept.delete(key)
  return kept
}

/**
 * Forgets what can no longer make a difference to what is live, whatever comes:
 *
 * - a task that a snapshot rules out even at 2 × skew allowance. A late event of it is at most one skew allowance newer than what we
 *   knew of it, so the mark rules that out too. At 1 × skew allowance it would not: a late event would resurrect it. One that
 *   is known to be UNHEALTHY is kept for `remember`: no event tells health, so a late one, sent within the skew allowance of
 *   the mark, would be believed;
 * - without snapshots, stopped tasks after `remember`; before that, they shrink to tombstones;
 * - instances and definitions that no remaining task refers to: the lookups bring them again when needed;
 * - what probes said of the endpoints of tasks that are forgotten or shrunk. Should one be seen again, it is offered
 *   until it is probed again.
 *
 * Costs O(tasks): call it after a snapshot, and now and then.
 */
export const sweep = (state: ClusterState, options: SweepOptions): ClusterState => {
  const { skewAllowanceMs, settled, remember = defaultRemember, follows = () => true } = options
  const now = Math.min(options.now, newestOf(state))
  let { tasks } = state
  const instances = new Set<string>()
  const definitions = new Set<string>()
  const probed = new Set<string>()
  const inhabited = new Set<ClusterArn>()
  for (const [arn, task] of state.tasks) {
    const mark = state.marks.get(task.cluster)
    const unhealthy = task.health?.status === 'UNHEALTHY'
    const stopped = livenessOf(task, undefined, skewAllowanceMs) === 'gone' && !unhealthy
    if (ruledOut(task, mark, unhealthy ? Math.max(2 * skewAllowanceMs, remember) : 2 * skewAllowanceMs))
      tasks = tasks.delete(arn)
    else if (mark === undefined && stopped && settled && task.at + remember < now) tasks = tasks.delete(arn)
    else {
      if (mark === undefined && stopped && settled && task.at + 2 * skewAllowanceMs < now)
        tasks = tasks.set(arn, tombstone(task))
      else probed.add(arn)
      inhabited.add(task.cluster)
      if (task.instance !== undefined) instances.add(task.instance)
      if (task.definition !== undefined) definitions.add(task.definition)
    }
  }
  return {
    tasks,
    instances: retain(state.instances, (arn) => instances.has(arn)),
    definitions: retain(state.definitions, (arn) => definitions.has(arn)),
    health: retain(state.health, (endpoint) => probed.has(endpoint.slice(0, endpoint.indexOf('#')))),
    marks: retain(state.marks, (cluster) => inhabited.has(cluster) || follows(cluster)),
    identities: state.identities,
    refusals: retain(
      state.refusals,
      (key) =>
        instances.has(key) ||
        definitions.has(key) ||
        !/:(container-instance|[a-z-]*task-definition)\//.test(key),
    ),
  }
}
