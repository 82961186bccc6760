import type { Millis } from '../../../core/clock.js'
import type { Mark } from '../../../core/cluster-state.js'
import {
  believed,
  defaultSkewAllowanceMs,
  type Liveness,
  livenessOf,
  ruledOut,
} from '../../../core/liveness.js'
import type { Task } from '../../../core/task.js'

/**
 * How late an event may be. What changed later than this before an answer is no disagreement: its event may be on the
 * way. Events usually take a second or two.
 */
export const lateMs: Millis = 30_000

/** The liveness of a task by what is believed of it. */
export const standing = (task: Task, mark: Mark | undefined): Liveness =>
  livenessOf(believed(task, mark, defaultSkewAllowanceMs), mark, defaultSkewAllowanceMs)

const isUnhealthy = (task: Task): boolean => task.health?.status === 'UNHEALTHY'

/**
 * Whether ECS's description of a task at a time (`at`, by ECS's clock) told what an event should have told before: of a
 * task that nobody knew, or that a passing task runs or has stopped. The dates in a description are those of such
 * changes, and never later than the change, so a task without an old date is given the benefit of the doubt.
 *
 * @param before What was known of the task, and the snapshot before.
 */
export const wasMissed = (
  described: Task,
  at: Millis,
  before: { readonly task: Task | undefined; readonly mark: Mark | undefined },
): boolean => {
  if (described.at === 0 || described.at + lateMs >= at) return false
  if (before.task === undefined) return true
  return standing(before.task, before.mark) === 'pending' && livenessOf(described, undefined, 0) !== 'pending'
}

/**
 * Whether a snapshot changed the health of a task in a way that matters to readers. No event tells of health, so while
 * it changes, snapshots are the only ones to tell.
 */
export const changedHealth = (before: Task | undefined, after: Task): boolean =>
  before !== undefined && isUnhealthy(before) !== isUnhealthy(after)

/** Whether a snapshot is the first to say that a task is gone; its event may still be on the way. */
export const vanished = (
  before: { readonly task: Task; readonly mark: Mark | undefined },
  after: Task | undefined,
  mark: Mark,
): boolean =>
  standing(before.task, before.mark) !== 'gone' &&
  livenessOf(after ?? before.task, undefined, 0) !== 'gone' &&
  ruledOut(after ?? before.task, mark, defaultSkewAllowanceMs)

/** What a task passes through: its start, its stop, or neither. */
export const passage = (task: Task, mark: Mark | undefined): 'start' | 'stop' | undefined => {
  const liveness = standing(task, mark)
  if (liveness === 'pending') return 'start'
  const stops = livenessOf(task, undefined, 0) === 'gone' && !ruledOut(task, mark, defaultSkewAllowanceMs)
  return stops && task.lastStatus !== 'STOPPED' && task.lastStatus !== 'DELETED' ? 'stop' : undefined
}
