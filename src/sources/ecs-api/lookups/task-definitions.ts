import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { type DefinitionArn, type Place, placeOf, sameAccountAndRegion } from '../../../core/arn.js'
import type { Clock, Random } from '../../../core/clock.js'
import { daemonDefinition, isDaemonDefinition } from '../../../core/daemon-task.js'
import { hasInjectedName } from '../../../core/injected-container.js'
import type { Exposable } from '../../../core/policy.js'
import type { Source } from '../../../core/source.js'
import type { TaskDefinition } from '../../../core/task-definition.js'
import type { Task } from '../../../core/task.js'
import { distinctPlaces, perPlace } from '../../../shared/aws/aws-clients.js'
import { permitted } from '../../../shared/aws/permitted.js'
import { definitionReads, type EcsClients, ecsClients } from '../clients/ecs-client.js'
import { familyOf, isDefinitionArn } from './definition-arn.js'
import { lookupFailure } from './lookup-failure.js'
import type { Answer } from './lookup-queue.js'
import { isRunning, lookup } from './lookup.js'
import { RecentMap } from '../../../shared/async/recent-map.js'
import { taskDefinition, UnusableDefinition } from './task-definition.js'
import { countedBuckets } from '../clients/counted-buckets.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export type { Priority, TokenBucket } from '../../../shared/aws/token-bucket.js'
export type { EcsClients } from '../clients/ecs-client.js'

export interface TaskDefinitionsOptions {
  /**
   * Which definitions to look up. Default: those that the policy needs (`Policy.needs`).
   * - `unbound`: those of running tasks without bindings, because in awsvpc and host mode only the definition
   *   contains the ports. Also those of tasks with a bound container whose name looks like one that AWS adds, because
   *   only the definition shows whether it is the user's.
   * - `all`: those of all running tasks.
   */
  readonly for?: 'unbound' | 'all'
  /**
   * Limits the lookups to the definitions of these tasks, such as those of one service. Must be pure, and constant for
   * the lifetime of a task. Default: all tasks.
   */
  readonly only?: (task: Exposable) => boolean
  /**
   * The client for an account and region; called once for each. Default: a client for that region with the
   * environment's credentials, which give access to their own account only.
   */
  readonly clients?: (place: Place) => EcsClients
  /**
   * Limits the calls per account and region. Default: 10 at once and 4 per second, a fifth of the account's AWS limit.
   */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `task-definitions`. */
  readonly name?: string
}

/** Concurrent calls; each returns one definition. */
const concurrency = 4

/** Number of cached definitions for later tasks; at most 64 KiB each, usually a few kilobytes. */
const remembered = 1_000

const isBound = ({ containers }: Task): boolean => {
  const bound = containers.filter(({ bindings }) => bindings.length > 0)
  return bound.length > 0 && !bound.some(({ name }) => hasInjectedName(name))
}

/** Whose definitions are asked for, by what the policy needs. */
const asked = { none: 'none', bindings: 'unbound', definitions: 'all' } as const

const isAsked: Readonly<Record<'none' | 'unbound' | 'all', (task: Task) => boolean>> = {
  none: () => false,
  unbound: (task) => !isBound(task),
  all: () => true,
}

/**
 * Looks up the definitions of running tasks with DescribeTaskDefinition. There is one call per revision, because
 * revisions never change.
 *
 * Definitions of tasks that a snapshot lists come first; among the others, families take turns. Failed calls are
 * reported and retried, soon after throttling and faults. If ECS refuses (the definition does not exist, or the
 * permission is missing), the definition is looked up three times within a minute. Then the refusal is final
 * (`LookupRefused`): its tasks are reported as unresolved, and the lookup is retried every 15 to 30 minutes. A refusal
 * does not delay other services.
 *
 * A definition of another account or region than the task's cluster is refused without a call. Definitions of managed
 * daemons, which expose nothing, are not looked up.
 *
 * IAM: `ecs:DescribeTaskDefinition`.
 */
export const taskDefinitions = ({
  for: given,
  only = () => true,
  clients = ecsClients,
  name = 'task-definitions',
  ...options
}: TaskDefinitionsOptions = {}): Source => {
  const clientsOf = perPlace(clients)
  const answers = new RecentMap<TaskDefinition>(remembered)

  const operation = 'DescribeTaskDefinition'

  const describe = async (arn: DefinitionArn, signal: AbortSignal): Promise<TaskDefinition> => {
    const answer = await clientsOf(placeOf(arn)).ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
      { abortSignal: signal },
    )
    if (answer.taskDefinition === undefined) throw new UnusableDefinition('the response is empty')
    const definition = taskDefinition(arn, answer.taskDefinition)
    answers.set(arn, definition)
    return definition
  }

  const ask = async (arns: readonly DefinitionArn[], signal: AbortSignal): Promise<Answer> => {
    const [arn = ''] = arns
    try {
      return {
        events: [{ _tag: 'DefinitionDescribed', definition: await describe(arn, signal) }],
        failures: [],
      }
    } catch (thrown) {
      const failure = lookupFailure(operation, arns, arn, thrown)
      return {
        events: [],
        failures: [thrown instanceof UnusableDefinition ? { ...failure, retry: 'rarely' } : failure],
      }
    }
  }

  return lookup({
    ...options,
    name,
    provides: 'definitions',
    examine: ({ clusters, signal: abortSignal }) =>
      Promise.all(
        distinctPlaces(clusters).map((place) => {
          const { ecs } = clientsOf(place)
          // Nothing has this name.
          const command = new DescribeTaskDefinitionCommand({ taskDefinition: 'ecs-task-stream-doctor:1' })
          return permitted('ecs:DescribeTaskDefinition', () => ecs.send(command, { abortSignal }))
        }),
      ),
    question: ({ clock, needs, called }) => {
      const whose = given ?? asked[needs]
      const { bucket: uncounted = definitionReads(clock) } = options
      const bucket = countedBuckets(uncounted, called)
      return {
        needOf: (task) =>
          isRunning(task) && isAsked[whose](task) && only(task) ? task.definition : undefined,
        refusalOf: (arn, { cluster }) =>
          !isDefinitionArn(arn)
            ? `${arn} is not the ARN of a task definition`
            : !sameAccountAndRegion(arn, cluster)
              ? `${arn} is in another account or region than the task's cluster, ${cluster}`
              : undefined,
        recall: (arn) => {
          const definition = isDaemonDefinition(arn) ? daemonDefinition(arn) : answers.get(arn)
          return definition && { _tag: 'DefinitionDescribed', definition }
        },
        known: (state) => state.definitions,
        groupOf: (arn) => {
          const { region, account } = placeOf(arn)
          return `${region} ${account}`
        },
        laneOf: familyOf,
        batch: 1,
        concurrency,
        turn: (group, signal) => {
          const [region = '', account = ''] = group.split(' ')
          return bucket({ region, account }).take(1, signal)
        },
        ask,
      }
    },
  })
}
