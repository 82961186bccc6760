import type { TaskArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterState, Mark } from '../../../core/cluster-state.js'
import { defaultSkewAllowanceMs, livenessOf, ruledOut } from '../../../core/liveness.js'
import type { Task } from '../../../core/task.js'
import { changedHealth, lateMs, vanished, wasMissed } from './missed-news.js'
import { firstPace, intervalOf, nextPace, type PaceLimits, type Verdict } from './pace.js'

/** A task as it was and as it is; `undefined` if it was, or is, not known. */
export interface TaskChange {
  readonly arn: TaskArn
  readonly before: Task | undefined
  readonly after: Task | undefined
}

export interface NewSnapshot {
  /** The state without the snapshot, and with it. */
  readonly before: ClusterState
  readonly after: ClusterState
  /** The snapshot before, and this one. */
  readonly previous: Mark | undefined
  readonly mark: Mark
  /** The tasks that differ. */
  readonly changes: readonly TaskChange[]
}

/**
 * Whether events and snapshots of one cluster agree, and how long it is therefore until the next snapshot. A change
 * costs the same however many tasks there are; a snapshot costs one pass over the cluster's tasks.
 */
export class Agreement {
  private pace = firstPace
  /** Whether an event has told of a change since the newest snapshot. */
  private told = false
  /** The tasks that changed since the newest snapshot, or shortly before it, which it need not list. */
  private apart = new Set<TaskArn>()
  /** The newest snapshot, if it is not judged yet: tasks vanished with it, and an event may tell so soon. */
  private open:
    { readonly vanished: Set<TaskArn>; readonly until: Millis; readonly told: boolean } | undefined

  /**
   * @param limits Of the interval.
   * @param wake Called when the next snapshot may be due earlier than the interval said before.
   */
  constructor(
    private readonly limits: PaceLimits,
    private readonly wake: () => void,
  ) {}

  /** The time from the end of one snapshot to the next. */
  interval(now: Millis): Millis {
    this.settle(now)
    return this.open === undefined ? intervalOf(this.pace, this.limits) : this.limits.shortest
  }

  /** A change without a snapshot. `asked`: it is the answer to a question, and proves nothing about events. */
  changed({ arn, before, after }: TaskChange, asked: boolean, now: Millis): void {
    this.settle(now)
    if (after === undefined) return
    this.apart.add(arn)
    if (livenessOf(after, undefined, 0) === 'gone') this.open?.vanished.delete(arn)
    if (!asked && after.version > (before?.version ?? -1)) this.told = true
  }

  /** An event is lost, or so late that it counts as lost. */
  disagree(): void {
    // What events told before proves nothing any more.
    this.told = false
    this.judge('disagreed')
    this.wake()
  }

  /** A newer snapshot is in the state. */
  listed(snapshot: NewSnapshot, now: Millis): void {
    this.settle(now)
    const { told } = this
    const gone = this.compare(snapshot)
    this.told = false
    // The first one after a start says nothing about events, and neither does one without a time of ECS.
    if (snapshot.previous === undefined || snapshot.mark.at === 0) return
    if (snapshot.changes.some((change) => isNews(change, snapshot))) {
      this.disagree()
      return
    }
    this.open = { vanished: gone, until: now + (gone.size > 0 ? lateMs : 0), told }
    this.settle(now)
    if (this.isOpen) this.wake()
  }

  private get isOpen(): boolean {
    return this.open !== undefined
  }

  /** The tasks that the snapshot alone says are gone. */
  private compare({ before, after, previous, mark, changes }: NewSnapshot): Set<TaskArn> {
    const gone = new Set<TaskArn>()
    const { apart } = this
    this.apart = new Set()
    for (const { arn } of changes) apart.add(arn)
    const compareOne = (arn: TaskArn): void => {
      if (mark.tasks.has(arn)) return
      const known = before.tasks.get(arn)
      const task = after.tasks.get(arn)
      if (known !== undefined && vanished({ task: known, mark: previous }, task, mark)) gone.add(arn)
      if (task !== undefined && !ruledOut(task, mark, defaultSkewAllowanceMs)) this.apart.add(arn)
    }
    for (const arn of previous?.tasks.keys() ?? []) compareOne(arn)
    for (const arn of apart) compareOne(arn)
    return gone
  }

  /** Judges the newest snapshot if the events on their way have had their time. */
  private settle(now: Millis): void {
    if (this.open === undefined) return
    const { vanished: silent, until, told } = this.open
    if (silent.size > 0 && now < until) return
    this.judge(silent.size > 0 ? 'disagreed' : told ? 'agreed' : 'idle')
  }

  private judge(verdict: Verdict): void {
    this.open = undefined
    this.pace = nextPace(this.pace, verdict, this.limits)
  }
}

const isNews = ({ arn, before, after }: TaskChange, { previous, mark }: NewSnapshot): boolean => {
  const listed = mark.tasks.get(arn)
  if (listed === undefined || after === undefined) return false
  return wasMissed(listed, mark.at, { task: before, mark: previous }) || changedHealth(before, after)
}
