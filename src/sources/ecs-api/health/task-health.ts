import { setMaxListeners } from 'node:events'
import { Observable } from 'rxjs'
import type { ClusterArn, Place, TaskArn } from '../../../core/arn.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import { type ClusterState, emptyState } from '../../../core/cluster-state.js'
import { firstHealthOf, hasHealthCheck } from '../../../core/health-checks.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from '../../../core/liveness.js'
import { OptionError } from '../../../core/option-error.js'
import type { Exposable } from '../../../core/policy.js'
import type { Delivery, Notice, Source } from '../../../core/source.js'
import type { Task } from '../../../core/task.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { changedTasks } from '../changed-tasks.js'
import { countedBuckets } from '../clients/counted-buckets.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'
import { type EcsClients, ecsClients, resourceReads } from '../clients/ecs-client.js'
import { delivery } from '../snapshots/delivery.js'
import { isAskable } from '../questions/askable.js'
import { ecsCall } from '../snapshots/ecs-calls.js'
import { HealthFollower } from './health-follower.js'

export type { EcsClients } from '../clients/ecs-client.js'
export type { Priority, TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface TaskHealthOptions {
  /**
   * Asks only about these tasks, such as those of one service. Must be pure, and constant for the lifetime of a task.
   * Default: all tasks.
   */
  readonly only?: (task: Exposable) => boolean
  /** The pause between two questions about the tasks of a cluster. Default: 5,000 ms. */
  readonly pollMs?: Millis
  /**
   * The client for an account and region; called once for each. Default: a client for that region with the
   * environment's credentials, which give access to their own account only.
   */
  readonly clients?: (place: Place) => EcsClients
  /**
   * Limits the calls per account and region; snapshots come first. Default: 20 at once and 5 per second, shared with the
   * other default sources of the process.
   */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `task-health`. */
  readonly name?: string
}

/** Whether only a first HEALTHY is missing from what the state knows of a running task. */
const waits = (reported: Task, { marks, definitions }: ClusterState): boolean => {
  const mark = marks.get(reported.cluster)
  const task = believed(reported, mark, defaultSkewAllowanceMs)
  const liveness = livenessOf(task, mark, defaultSkewAllowanceMs)
  const definition = task.definition === undefined ? undefined : definitions.get(task.definition)
  return (
    (liveness === 'live' || liveness === 'unhealthy') &&
    firstHealthOf(task, mark) !== 'reported' &&
    definition !== undefined &&
    hasHealthCheck(definition)
  )
}

/** Adds the tasks whose definition became known: it says whether they wait. */
const withDefinitions = (
  changed: Set<TaskArn>,
  before: ClusterState,
  after: ClusterState,
): ReadonlySet<TaskArn> => {
  const definitions = new Set<string | undefined>()
  after.definitions.diff(before.definitions, (arn) => definitions.add(arn))
  if (definitions.size > 0)
    for (const [arn, { definition }] of after.tasks) if (definitions.has(definition)) changed.add(arn)
  return changed
}

/**
 * Asks ECS (DescribeTasks, 100 tasks a call) for the health of those tasks that wait for their first HEALTHY, with
 * `healthChecks: 'required'`; otherwise it does nothing. ECS sends no event when health changes, so a snapshot would be
 * the first to tell, minutes later.
 *
 * A task waits while it runs, its definition has a health check of an essential container, and nothing has reported it
 * HEALTHY. While some task of a cluster waits, there is a call for each 100 of them every few seconds; otherwise there
 * is none. Once a task has been HEALTHY, snapshots tell of its health as before. Failed calls are reported and retried
 * with backoff, up to a minute. Its deliveries need no acknowledgement, because the next answer repeats everything.
 *
 * IAM: `ecs:DescribeTasks`.
 *
 * @throws OptionError for a pause that is not positive.
 */
export const taskHealth = ({
  only = () => true,
  pollMs = 5_000,
  clients = ecsClients,
  name = 'task-health',
  ...fixed
}: TaskHealthOptions = {}): Source => {
  if (!(pollMs > 0)) throw new OptionError(`taskHealth: pollMs: expected a number above 0, got ${pollMs}`)
  const clientsOf = perPlace(clients)
  return {
    name,
    covers: [],
    provides: ['health'],
    deliveries: (context) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const { clock = context.clock, random = context.random } = fixed
        const { bucket: uncounted = resourceReads(clock) } = fixed
        const bucket = countedBuckets(uncounted, (calls) => subscriber.next({ _tag: 'Called', calls }))
        const stop = new AbortController()
        const { signal } = stop
        // Every call and every wait adds a listener; this is not a leak, which Node would warn of.
        setMaxListeners(0, signal)
        const call = ecsCall({
          clients: clientsOf,
          bucket: (place) => ({ take: (n, until) => bucket(place).take(n, until, 'last') }),
          clock,
          random,
        })
        const followers = new Map<ClusterArn, HealthFollower>()
        let seen = emptyState

        const followerOf = (cluster: ClusterArn): HealthFollower => {
          const found = followers.get(cluster)
          if (found !== undefined) return found
          const follower = new HealthFollower({
            cluster,
            call,
            pollMs,
            newestOrder: () => seen.marks.get(cluster)?.order ?? 0,
            known: (arn) => seen.tasks.get(arn),
            tell: (tasks) =>
              subscriber.next(delivery(...tasks.map((task) => ({ _tag: 'TaskChanged', task }) as const))),
            notice: (notice) => subscriber.next(notice),
            ended: () => followers.delete(cluster),
            clock,
            random,
            signal,
          })
          followers.set(cluster, follower)
          return follower
        }

        const look = (state: ClusterState): void => {
          const before = seen
          seen = state
          for (const arn of withDefinitions(changedTasks(before, state), before, state)) {
            const task = state.tasks.get(arn)
            if (task !== undefined && isAskable(task) && only(task) && waits(task, state))
              followerOf(task.cluster).add(arn)
            else {
              const cluster = task?.cluster ?? before.tasks.get(arn)?.cluster ?? ''
              followers.get(cluster)?.leave(arn)
            }
          }
        }

        const end = (): void => {
          stop.abort()
          void Promise.all([...followers.values()].map((follower) => follower.idle())).then(() =>
            subscriber.complete(),
          )
        }
        const watching =
          context.healthChecks === 'required'
            ? context.state$.subscribe({ next: look, complete: end })
            : context.state$.subscribe({ complete: end })
        return () => {
          stop.abort()
          watching.unsubscribe()
        }
      }),
  }
}
