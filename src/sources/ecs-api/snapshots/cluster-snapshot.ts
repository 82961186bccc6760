import { DescribeTasksCommand, ListTasksCommand, ServiceNotFoundException } from '@aws-sdk/client-ecs'
import { type ClusterArn, lastSegment, placeOf } from '../../../core/arn.js'
import type { Clock, Millis } from '../../../core/clock.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Task } from '../../../core/task.js'
import { answerDate, type AwsTime, readAnswerDate } from '../../../shared/aws/aws-time.js'
import { CallFailed, type EcsCall } from './ecs-calls.js'
import { explain } from '../../../shared/codec/decode-error.js'
import { taskFromDescription } from '../../ecs-events/task-description.js'

/** The tasks of a service, those of a task definition's family, or those of both. */
export interface ListedTasks {
  /** By name or ARN. */
  readonly service?: string | undefined
  /** Such as `web`; a revision, `web:3`, lists its whole family. */
  readonly family?: string | undefined
}

export interface SnapshotEnvironment {
  /** Lists only these tasks. Default: all. */
  readonly only?: ListedTasks | undefined
  /** Called for problems that do not fail the snapshot. */
  readonly warn?: (message: string) => void
  /** Called after each page of a long snapshot: how many tasks are listed or described, of how many. */
  readonly progress?: (what: string, done: number, of: number | undefined) => void
  readonly ask: EcsCall
  readonly time: AwsTime
  readonly clock: Clock
}

/** Maximum page size of ListTasks, and maximum number of tasks per DescribeTasks call. */
const pageSize = 100

/** A snapshot of more tasks is long: at the default pace it takes four seconds or more. */
const long = 10 * pageSize

export type Snapshot = Omit<Extract<ClusterEvent, { _tag: 'TasksListed' }>, 'order'>

/**
 * Takes a complete snapshot of a cluster, or rejects; there are no partial snapshots.
 *
 * Its time is that of ECS's first response, because ECS's clock stamps tasks too, but not later than this machine's
 * clock. If one of the two is wrong, the snapshot rules out fewer tasks, and never more. A response without a time
 * gives a snapshot of time 0, which rules out nothing.
 *
 * @param orderOf Returns the order of the snapshot, given its time.
 */
export const clusterSnapshot =
  ({ ask, time, clock, only: { service, family } = {}, warn, progress }: SnapshotEnvironment) =>
  async (
    cluster: ClusterArn,
    orderOf: (at: Millis) => number,
    signal: AbortSignal,
  ): Promise<Snapshot & { readonly order: number }> => {
    const place = placeOf(cluster)

    const list = async (): Promise<{ readonly arns: readonly string[]; readonly at: Millis }> => {
      // Tasks that start or stop between two pages may shift a task onto both.
      const arns = new Set<string>()
      let at: Millis | undefined
      let nextToken: string | undefined
      do {
        const page = await ask('ListTasks', place, signal, async (ecs) => {
          const command = new ListTasksCommand({
            cluster,
            serviceName: service,
            // ECS filters by family, not by revision.
            family: family?.split(':', 1)[0],
            desiredStatus: 'RUNNING',
            maxResults: pageSize,
            nextToken,
          })
          let date: Millis | undefined
          command.middlewareStack.add(
            readAnswerDate((found) => (date = found)),
            { step: 'deserialize' },
          )
          const sentAt = clock.now()
          const answer = await ecs.send(command, { abortSignal: signal }).catch((thrown: unknown) => {
            // A service that does not exist has no tasks.
            if (!(thrown instanceof ServiceNotFoundException)) throw thrown
            date = answerDate(thrown.$response)
            warn?.(
              `cluster ${lastSegment(cluster)} has no service ${service ?? ''}: check its name, or create it`,
            )
            return { taskArns: [], nextToken: undefined }
          })
          if (date !== undefined) time.observe(date, sentAt, clock.now())
          // Uses the first page only, because its response is the oldest.
          at ??= date === undefined ? 0 : Math.min(date, sentAt)
          return answer
        })
        for (const arn of page.taskArns ?? []) arns.add(arn)
        nextToken = page.nextToken
        if (arns.size > long) progress?.(`tasks of ${lastSegment(cluster)} listed`, arns.size, undefined)
      } while (nextToken !== undefined && nextToken !== '')
      return { arns: [...arns], at: at ?? 0 }
    }

    const describe = async (arns: readonly string[], order: number): Promise<readonly Task[]> => {
      const operation = 'DescribeTasks'
      const answer = await ask(operation, place, signal, (ecs) =>
        ecs.send(new DescribeTasksCommand({ cluster, tasks: [...arns] }), { abortSignal: signal }),
      )
      const unanswered = new Set(arns.map(lastSegment))
      const tasks: Task[] = []
      for (const description of answer.tasks ?? []) {
        const { task, errors } = taskFromDescription(description, order)
        if (errors.length > 0)
          warn?.(`DescribeTasks returned implausible values, which are left out: ${explain(errors)}`)
        if (task === undefined)
          throw new CallFailed(
            operation,
            `the description of ${description.taskArn ?? 'a task'} lacks required fields`,
          )
        unanswered.delete(lastSegment(task.arn))
        tasks.push(task)
      }
      for (const { arn = '', reason } of answer.failures ?? []) {
        // A missing task has gone since it was listed. For any other reason, the task may be live.
        if (reason !== 'MISSING')
          throw new CallFailed(operation, `${arn}: ${reason ?? 'failed without a reason'}`)
        unanswered.delete(lastSegment(arn))
      }
      if (unanswered.size > 0)
        throw new CallFailed(operation, `the response lacks ${unanswered.size} of ${arns.length} tasks`)
      return tasks
    }

    const { arns, at } = await list()
    const order = orderOf(at)
    const tasks: Task[] = []
    for (let from = 0; from < arns.length; from += pageSize) {
      if (arns.length > long) progress?.(`tasks of ${lastSegment(cluster)} described`, from, arns.length)
      tasks.push(...(await describe(arns.slice(from, from + pageSize), order)))
    }
    return { _tag: 'TasksListed', cluster, at, order, tasks }
  }
