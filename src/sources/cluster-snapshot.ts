import {
  DescribeClustersCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
} from '@aws-sdk/client-ecs'
import { type ClusterArn, lastSegment, type Place, placeOf, sameCluster } from '../core/arn.js'
import { backoff } from '../core/backoff.js'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { Task } from '../core/task.js'
import { awsFailure, isTransient } from './aws-failure.js'
import type { EcsClients } from './ecs-client.js'
import { taskFromDescription } from './task-description.js'
import type { TokenBucket } from './token-bucket.js'

export interface SnapshotEnvironment {
  readonly clients: (place: Place) => EcsClients
  readonly bucket: (place: Place) => TokenBucket
  readonly clock: Clock
  readonly random: Random
}

/** The most that ListTasks gives in a page, and that DescribeTasks takes. */
const pageSize = 100

/**
 * A call of a snapshot is made this often before the snapshot is dropped. Ten, because a snapshot of 10,000 tasks is
 * 200 calls: when half of all calls are throttled, five in six such snapshots still come through.
 */
const attempts = 10

const notWhole = (operation: string, why: string, cause?: unknown): Error =>
  new Error(`${operation}: ${why}`, { cause })

type TasksListed = Extract<ClusterEvent, { _tag: 'TasksListed' }>

/**
 * Takes snapshots of one cluster, given by name or ARN. They resolve to the whole list, or reject: nothing lies
 * between.
 */
export const clusterSnapshot = (
  named: string,
  { clients, bucket, clock, random }: SnapshotEnvironment,
): ((signal: AbortSignal) => Promise<TasksListed>) => {
  let known: ClusterArn | undefined

  const ask = async <A>(
    operation: string,
    place: Place,
    signal: AbortSignal,
    call: (ecs: ECSClient) => Promise<A>,
  ): Promise<A> => {
    for (let attempt = 0; ; attempt++) {
      await bucket(place).take(1, signal)
      signal.throwIfAborted()
      try {
        return await call(clients(place).ecs)
      } catch (thrown) {
        if (attempt + 1 >= attempts || !isTransient(thrown))
          throw notWhole(operation, awsFailure(thrown).message, thrown)
      }
      await clock.sleep(backoff(attempt, random, { base: 200, cap: 5_000 }), signal)
    }
  }

  /** Asked once: a name stays with its ARN, and a cluster that is deleted later refuses ListTasks. */
  const find = async (signal: AbortSignal): Promise<ClusterArn> => {
    const operation = 'DescribeClusters'
    const place = placeOf(named)
    const { clusters = [], failures = [] } = await ask(operation, place, signal, (ecs) =>
      ecs.send(new DescribeClustersCommand({ clusters: [named] }), { abortSignal: signal }),
    )
    const [{ clusterArn, status } = {}] = clusters
    if (clusterArn === undefined || !sameCluster(named, clusterArn)) {
      const reason = failures[0]?.reason ?? 'not in the answer'
      throw notWhole(
        operation,
        `cluster ${named} was not found (${reason}): is it spelt so, and of the region and the account that are asked?`,
      )
    }
    if (status !== 'ACTIVE') throw notWhole(operation, `cluster ${named} is ${status ?? 'of no status'}`)
    return clusterArn
  }

  const list = async (cluster: ClusterArn, signal: AbortSignal): Promise<readonly string[]> => {
    // What starts or stops between two pages may shift one task onto both.
    const arns = new Set<string>()
    let nextToken: string | undefined
    do {
      const page = await ask('ListTasks', placeOf(cluster), signal, (ecs) =>
        ecs.send(
          new ListTasksCommand({ cluster, desiredStatus: 'RUNNING', maxResults: pageSize, nextToken }),
          { abortSignal: signal },
        ),
      )
      for (const arn of page.taskArns ?? []) arns.add(arn)
      nextToken = page.nextToken
    } while (nextToken !== undefined && nextToken !== '')
    return [...arns]
  }

  const describe = async (
    cluster: ClusterArn,
    arns: readonly string[],
    at: Millis,
    signal: AbortSignal,
  ): Promise<readonly Task[]> => {
    const operation = 'DescribeTasks'
    const answer = await ask(operation, placeOf(cluster), signal, (ecs) =>
      ecs.send(new DescribeTasksCommand({ cluster, tasks: [...arns] }), { abortSignal: signal }),
    )
    const unanswered = new Set(arns.map(lastSegment))
    const tasks: Task[] = []
    for (const description of answer.tasks ?? []) {
      const task = taskFromDescription(description, at)
      if (task === undefined)
        throw notWhole(operation, `${description.taskArn ?? 'a task'} is described without what makes it one`)
      unanswered.delete(lastSegment(task.arn))
      tasks.push(task)
    }
    for (const { arn = '', reason } of answer.failures ?? []) {
      // Missing is gone since it was listed. Whatever else hides a task from us, it may live.
      if (reason !== 'MISSING') throw notWhole(operation, `${arn}: ${reason ?? 'failed for no reason'}`)
      unanswered.delete(lastSegment(arn))
    }
    if (unanswered.size > 0)
      throw notWhole(operation, `says nothing of ${unanswered.size} of ${arns.length} tasks`)
    return tasks
  }

  return async (signal) => {
    const cluster = (known ??= await find(signal))
    const at = clock.now()
    const arns = await list(cluster, signal)
    const tasks: Task[] = []
    for (let from = 0; from < arns.length; from += pageSize)
      tasks.push(...(await describe(cluster, arns.slice(from, from + pageSize), at, signal)))
    return { _tag: 'TasksListed', cluster, at, tasks }
  }
}
