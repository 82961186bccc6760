import type { ClusterArn, TaskArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import { type Sliced, sliceSize } from '../../../core/sliced.js'
import type { Task } from '../../../core/task.js'
import { PassingTasks } from '../questions/passing-tasks.js'
import type { QuestionFollower } from '../questions/question-follower.js'
import { Agreement, type NewSnapshot, type TaskChange } from './agreement.js'
import type { PaceLimits } from './pace.js'

/** Maximum number of answers that are remembered until the state has them. */
const mostTold = 10_000

export interface ClusterWatchSetup {
  readonly cluster: ClusterArn
  readonly limits: PaceLimits
  readonly wake: () => void
  readonly isListed: (task: Task) => boolean
  readonly questionsOf: (watch: ClusterWatch) => QuestionFollower
}

/** What is followed of one cluster between its snapshots. */
export class ClusterWatch {
  readonly cluster: ClusterArn
  readonly passing = new PassingTasks()
  readonly agreement: Agreement
  private readonly questions: QuestionFollower
  private readonly isListed: (task: Task) => boolean
  /** The versions of tasks that we have told ourselves. */
  private readonly told = new Map<TaskArn, number>()

  constructor({ cluster, limits, wake, isListed, questionsOf }: ClusterWatchSetup) {
    this.cluster = cluster
    this.isListed = isListed
    this.agreement = new Agreement(limits, wake)
    this.questions = questionsOf(this)
  }

  /** Remembers what the answer to a question has told, which proves nothing about events. */
  telling(tasks: readonly Task[]): void {
    if (this.told.size + tasks.length > mostTold) this.told.clear()
    for (const { arn, version } of tasks) this.told.set(arn, version)
  }

  changed(change: TaskChange, { marks }: ClusterState, now: Millis): void {
    const { arn, after } = change
    const asked = after !== undefined && this.told.get(arn) === after.version
    this.told.delete(arn)
    this.agreement.changed(change, asked, now)
    this.watch(arn, after, marks, now)
    this.questions.start()
  }

  *listed(snapshot: NewSnapshot, now: Millis): Sliced<void> {
    const { after, mark, changes } = snapshot
    yield* this.agreement.listed(snapshot, now)
    for (const [i, { arn, after: task }] of changes.entries()) {
      if (i > 0 && i % (2 * sliceSize) === 0) yield
      this.watch(arn, task, after.marks, now)
    }
    this.passing.listed(mark, (arn) => after.tasks.get(arn), now)
    this.questions.start()
  }

  /** Resolves when no call is in progress. */
  idle(): Promise<void> {
    return this.questions.idle()
  }

  private watch(arn: TaskArn, task: Task | undefined, marks: ClusterState['marks'], now: Millis): void {
    const watched = task !== undefined && this.isListed(task) ? task : undefined
    this.passing.changed(arn, watched, marks.get(this.cluster), now)
  }
}
