import type { ClusterArn, TaskArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import type { Task } from '../../../core/task.js'
import { PassingTasks } from '../questions/passing-tasks.js'
import type { QuestionFollower } from '../questions/question-follower.js'
import { Agreement, type NewSnapshot, type TaskChange } from './agreement.js'
import type { PaceLimits } from './pace.js'

/** Maximum number of answers that are remembered until the state has them. */
const mostTold = 10_000

/** What is followed of one cluster between its snapshots. */
export class ClusterWatch {
  readonly passing = new PassingTasks()
  readonly agreement: Agreement
  private readonly questions: QuestionFollower
  /** The versions of tasks that we have told ourselves. */
  private readonly told = new Map<TaskArn, number>()

  constructor(
    limits: PaceLimits,
    wake: () => void,
    ask: (watch: ClusterWatch) => QuestionFollower,
    private readonly isListed: (task: Task) => boolean,
  ) {
    this.agreement = new Agreement(limits, wake)
    this.questions = ask(this)
  }

  /** Remembers what the answer to a question has told, which proves nothing about events. */
  telling(tasks: readonly Task[]): void {
    if (this.told.size + tasks.length > mostTold) this.told.clear()
    for (const { arn, version } of tasks) this.told.set(arn, version)
  }

  changed(change: TaskChange, cluster: ClusterArn, { marks }: ClusterState, now: Millis): void {
    const { arn, after } = change
    const asked = after !== undefined && this.told.get(arn) === after.version
    this.told.delete(arn)
    this.agreement.changed(change, asked, now)
    this.watch(arn, after, cluster, marks, now)
    this.questions.start()
  }

  listed(snapshot: NewSnapshot, cluster: ClusterArn, now: Millis): void {
    const { after, mark, changes } = snapshot
    this.agreement.listed(snapshot, now)
    for (const { arn, after: task } of changes) this.watch(arn, task, cluster, after.marks, now)
    this.passing.listed(mark, (arn) => after.tasks.get(arn), now)
    this.questions.start()
  }

  /** Resolves when no call is in progress. */
  idle(): Promise<void> {
    return this.questions.idle()
  }

  private watch(
    arn: TaskArn,
    task: Task | undefined,
    cluster: ClusterArn,
    marks: ClusterState['marks'],
    now: Millis,
  ): void {
    const watched = task !== undefined && this.isListed(task) ? task : undefined
    this.passing.changed(arn, watched, marks.get(cluster), now)
  }
}
