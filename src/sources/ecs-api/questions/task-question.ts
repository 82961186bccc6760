import { DescribeTasksCommand, type DescribeTasksCommandOutput } from '@aws-sdk/client-ecs'
import { type ClusterArn, lastSegment, placeOf, type TaskArn } from '../../../core/arn.js'
import type { Clock, Millis } from '../../../core/clock.js'
import { Stamps } from '../../../core/stamps.js'
import type { Task } from '../../../core/task.js'
import { isInvalid } from '../../../shared/aws/aws-failure.js'
import { readAnswerDate } from '../../../shared/aws/aws-time.js'
import { taskFromDescription } from '../../ecs-events/task-description.js'
import { CallFailed, type EcsCall } from '../snapshots/ecs-calls.js'

/** Maximum number of tasks per DescribeTasks call. */
export const mostPerCall = 100

export const operation = 'DescribeTasks'

export interface TaskQuestionSetup {
  readonly cluster: ClusterArn
  readonly call: EcsCall
  /** The order of the newest snapshot of the cluster in the state; 0 if there is none. */
  readonly newestOrder: () => number
  /** The task in the state. */
  readonly known: (arn: TaskArn) => Task | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface TaskAnswer {
  /** A time at or before the answer, by ECS's clock; 0 if no time can be trusted. */
  readonly at: Millis
  /** The tasks of which it says more than that nothing has changed. */
  readonly news: readonly Task[]
  /**
   * The tasks that ECS does not know, or no longer, and those whose ARN it refuses, which are invented. It is no use to
   * ask about them again unless they change. If they run after all, an event or a snapshot says so.
   */
  readonly unknown: readonly TaskArn[]
}

/** Whether an answer says more than that nothing has changed, which is the usual one. */
const isNews = (task: Task, known: Task | undefined): boolean =>
  task.version > (known?.version ?? -1) || task.health?.status !== known?.health?.status

/** Asks ECS about up to 100 tasks of one cluster at a time, or rejects. */
export const taskQuestion = ({ cluster, call, newestOrder, known, clock, signal }: TaskQuestionSetup) => {
  const stamps = new Stamps()

  const describe = async (arns: readonly TaskArn[]): Promise<TaskAnswer> => {
    // The answer is newer than what the state has when it is asked for. A snapshot that begins later has a later date.
    const seen = Math.max(newestOrder(), ...arns.map((arn) => known(arn)?.health?.at ?? 0))
    let at: Millis = 0
    const answer = await call(
      operation,
      placeOf(cluster),
      signal,
      async (ecs): Promise<DescribeTasksCommandOutput> => {
        const command = new DescribeTasksCommand({ cluster, tasks: [...arns] })
        const sentAt = clock.now()
        command.middlewareStack.add(
          readAnswerDate((date) => (at = date === undefined ? 0 : Math.min(date, sentAt))),
          { step: 'deserialize' },
        )
        return ecs.send(command, { abortSignal: signal })
      },
    )
    const order = stamps.next(at, seen)
    const news = (answer.tasks ?? []).flatMap((description) => {
      // The snapshot warns of implausible values.
      const { task } = taskFromDescription(description, order)
      return task?.cluster === cluster && isNews(task, known(task.arn)) ? [task] : []
    })
    const missing = new Set(
      (answer.failures ?? [])
        .filter(({ reason }) => reason === 'MISSING')
        .map(({ arn = '' }) => lastSegment(arn)),
    )
    return { at, news, unknown: arns.filter((arn) => missing.has(lastSegment(arn))) }
  }

  /** @param arns At most 100. */
  return async function* ask(arns: readonly TaskArn[]): AsyncGenerator<TaskAnswer> {
    let answer: TaskAnswer | undefined
    try {
      answer = await describe(arns)
    } catch (thrown) {
      if (!(thrown instanceof CallFailed && isInvalid(thrown.cause))) throw thrown
    }
    if (answer !== undefined) {
      yield answer
      return
    }
    // An ARN that ECS refuses, of an invented task, makes it refuse the whole call. Splitting finds it.
    if (arns.length < 2) {
      yield { at: 0, news: [], unknown: arns }
      return
    }
    const half = Math.ceil(arns.length / 2)
    yield* ask(arns.slice(0, half))
    yield* ask(arns.slice(half))
  }
}
