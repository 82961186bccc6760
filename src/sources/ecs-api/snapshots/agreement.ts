import type { ClusterArn, TaskArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterState, Mark } from '../../../core/cluster-state.js'
import { defaultSkewAllowanceMs, livenessOf, ruledOut } from '../../../core/liveness.js'
import { type Sliced, sliceSize } from '../../../core/sliced.js'
import type { Task } from '../../../core/task.js'
import { changedHealth, lateMs, passage, standing, vanished, wasMissed } from './missed-news.js'
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

export interface RunningTasks {
  readonly least: number
  readonly most: number
}

/** Limits how rarely numbers are asked for that have been refuted: every 64th time. */
const mostRefuted = 6

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

  /** Whether the number of tasks was another one than we know. */
  private suspicious = false
  /** Whether the newest snapshot was taken for that reason, and is not judged yet. */
  private confirming = false
  /** How often in a row such a snapshot found nothing, and how many numbers were not asked for since. */
  private refuted = 0
  private skipped = 0

  /**
   * @param limits Of the interval.
   * @param wake Called when the next snapshot may be due earlier than the interval said before.
   */
  constructor(
    private limits: PaceLimits,
    private readonly wake: () => void,
  ) {}

  /** The time from the end of one snapshot to the next. */
  interval(now: Millis): Millis {
    this.settle(now)
    if (this.suspicious) return 0
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

  /**
   * How many tasks may run, in ECS's sense, by what is known of each: those that do, and at most those that pass too.
   * What ECS counts while a task starts or stops is not documented. `undefined` without a snapshot to go by.
   */
  *running({ tasks, marks }: ClusterState, cluster: ClusterArn): Sliced<RunningTasks | undefined> {
    const mark = marks.get(cluster)
    if (mark === undefined || mark.at === 0) return undefined
    let least = 0
    let passing = 0
    const count = (arn: TaskArn): void => {
      const task = tasks.get(arn)
      if (task === undefined) return
      const liveness = standing(task, mark)
      if (liveness === 'live' || liveness === 'unhealthy') least++
      else if (passage(task, mark) !== undefined) passing++
    }
    const unlisted = [...this.apart].filter((arn) => !mark.tasks.has(arn))
    let seen = 0
    for (const arns of [mark.tasks.keys(), unlisted])
      for (const arn of arns) {
        if (++seen % (2 * sliceSize) === 0) yield
        count(arn)
      }
    return { least, most: least + passing }
  }

  /** ECS counts other tasks than we know: a snapshot is due, which says whether an event is lost. */
  suspect(): void {
    this.suspicious = true
    this.wake()
  }

  /** Whether to ask for the number of tasks this time: ever more rarely while snapshots refute it. */
  isCountDue(): boolean {
    this.skipped++
    if (this.skipped < 2 ** this.refuted) return false
    this.skipped = 0
    return true
  }

  /** Nothing looks at the cluster between snapshots, so they stay as frequent as at first. */
  keepShort(): void {
    this.limits = { shortest: this.limits.shortest, longest: this.limits.shortest }
  }

  /** An event is lost, or so late that it counts as lost. */
  disagree(): void {
    // What events told before proves nothing any more.
    this.told = false
    this.judge('disagreed')
    this.wake()
  }

  /** A newer snapshot is in the state. */
  *listed(snapshot: NewSnapshot, now: Millis): Sliced<void> {
    this.settle(now)
    const { told } = this
    const gone = yield* this.compare(snapshot)
    this.told = false
    this.confirming ||= this.suspicious
    this.suspicious = false
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
  private *compare({ before, after, previous, mark, changes }: NewSnapshot): Sliced<Set<TaskArn>> {
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
    let seen = 0
    for (const arns of [previous?.tasks.keys() ?? [], apart])
      for (const arn of arns) {
        if (++seen % (2 * sliceSize) === 0) yield
        compareOne(arn)
      }
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
    if (this.confirming) this.refuted = verdict === 'disagreed' ? 0 : Math.min(this.refuted + 1, mostRefuted)
    this.confirming = false
    this.pace = nextPace(this.pace, verdict, this.limits)
  }
}

const isNews = ({ arn, before, after }: TaskChange, { previous, mark }: NewSnapshot): boolean => {
  const listed = mark.tasks.get(arn)
  if (listed === undefined || after === undefined) return false
  return wasMissed(listed, mark.at, { task: before, mark: previous }) || changedHealth(before, after)
}
