import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import { serviceOfTask } from './deployment.js'
import { firstHealthOf, type HealthChecks } from './health-checks.js'
import { listedAsBefore } from './listed-as-before.js'
import { believed, livenessOf } from './liveness.js'
import type { MissingAnswers } from './missing-answers.js'
import type { PersistentMap } from './persistent-map.js'
import { type Sliced, sliceSize } from './sliced.js'
import { sameContainerStatuses, sameSite, type Task } from './task.js'

export interface AffectedOptions {
  /** As in `livenessOf`. */
  readonly skewAllowanceMs: Millis
  readonly healthChecks: HealthChecks
  /** The tasks whose claims lack the answer to a lookup. */
  readonly missing: Pick<MissingAnswers, 'of'>
}

/** A comparison of two records takes less than what the tasks of a slice are reckoned with. */
const comparisons = 2 * sliceSize

/** The keys of answers that are not the first ones, and of those that were forgotten. Answers rarely change. */
const revisedKeys = <V extends object>(
  before: PersistentMap<V>,
  after: PersistentMap<V>,
  first: (key: string) => void,
): readonly string[] => {
  const keys: string[] = []
  after.diff(before, (key, was) => {
    if (was === undefined) first(key)
    else keys.push(key)
  })
  return keys
}

const changedKeys = <V extends object>(
  before: PersistentMap<V>,
  after: PersistentMap<V>,
): ReadonlySet<string> => {
  const keys = new Set<string>()
  after.diff(before, (key) => keys.add(key))
  return keys
}

/** The services of which an answer about their deployments differs. */
const describedServices = (last: ClusterState, state: ClusterState): ReadonlySet<string | undefined> => {
  const services = new Set<string | undefined>()
  state.deployments.diff(last.deployments, (service, before, after) => {
    if (before?.described !== after?.described) services.add(service)
  })
  return services
}

/** Compares the claims that tasks may have in two states. */
class Comparison {
  constructor(
    private readonly last: ClusterState,
    private readonly state: ClusterState,
    private readonly options: AffectedOptions,
  ) {}

  /**
   * Whether the claims of a task may differ. Most events are about tasks that are starting or stopping, and most
   * snapshots contain nothing new. Neither affects claims.
   */
  mayDiffer(before: Task | undefined, after: Task | undefined): boolean {
    if (before === undefined || after === undefined) return true
    const { skewAllowanceMs, healthChecks } = this.options
    const markBefore = this.last.marks.get(before.cluster)
    const mark = this.state.marks.get(after.cluster)
    const was = believed(before, markBefore, skewAllowanceMs)
    const is = believed(after, mark, skewAllowanceMs)
    const liveness = livenessOf(is, mark, skewAllowanceMs)
    return !(
      livenessOf(was, markBefore, skewAllowanceMs) === liveness &&
      sameSite(was, is) &&
      (healthChecks === 'advisory' || firstHealthOf(was, markBefore) === firstHealthOf(is, mark)) &&
      (liveness === 'gone' || liveness === 'pending' || sameContainerStatuses(was, is))
    )
  }
}

/** The tasks whose claims may differ between two states, with their records in the newer one. */
export function* affectedTasks(
  last: ClusterState,
  state: ClusterState,
  options: AffectedOptions,
): Sliced<ReadonlyMap<TaskArn, Task | undefined>> {
  const tasks = new Map<TaskArn, Task | undefined>()
  const comparison = new Comparison(last, state, options)
  yield* state.tasks.diffInSlices(
    last.tasks,
    (arn, before, after) => {
      if (comparison.mayDiffer(before, after)) tasks.set(arn, after)
    },
    sliceSize,
  )
  state.health.diff(last.health, (endpoint) => {
    const arn = endpoint.slice(0, endpoint.indexOf('#'))
    tasks.set(arn, state.tasks.get(arn))
  })
  const clusters = changedKeys(last.marks, state.marks)
  const answered = (key: string): void => {
    for (const arn of options.missing.of(key)) tasks.set(arn, state.tasks.get(arn))
  }
  const answers: ReadonlySet<string | undefined> = new Set([
    ...revisedKeys(last.definitions, state.definitions, answered),
    ...revisedKeys(last.instances, state.instances, answered),
  ])
  for (const key of changedKeys(last.refusals, state.refusals)) answered(key)
  const services = describedServices(last, state)
  // Snapshots and revised answers are rare compared to events. One pass over the tasks handles all that arrived together.
  if (clusters.size + answers.size + services.size === 0) return tasks
  const isListedAsBefore = listedAsBefore(last, state)
  let seen = 0
  for (const [arn, task] of state.tasks) {
    if (++seen % comparisons === 0) yield
    if (answers.size + services.size === 0 && isListedAsBefore(task)) continue
    const { definition, instance } = believed(task, state.marks.get(task.cluster), options.skewAllowanceMs)
    if (
      answers.has(definition) ||
      answers.has(instance) ||
      (services.size > 0 && services.has(serviceOfTask(task)))
    )
      tasks.set(arn, task)
    else if (clusters.has(task.cluster) && comparison.mayDiffer(last.tasks.get(arn), task))
      tasks.set(arn, task)
  }
  return tasks
}
