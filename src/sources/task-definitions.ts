import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { type DefinitionArn, type Place, placeOf } from '../core/arn.js'
import type { Clock, Random } from '../core/clock.js'
import type { Exposable } from '../core/expose.js'
import type { Source } from '../core/source.js'
import type { TaskDefinition } from '../core/task-definition.js'
import type { Task } from '../core/task.js'
import { systemClock } from '../system-clock.js'
import { perPlace } from './aws-clients.js'
import { definitionReads, type EcsClients, ecsClients } from './ecs-client.js'
import { type Answer, lookupFailure } from './lookup-queue.js'
import { isRunning, lookup } from './lookup.js'
import { RecentMap } from './recent-map.js'
import { taskDefinition } from './task-definition.js'
import type { TokenBucket } from './token-bucket.js'

export interface TaskDefinitionsOptions {
  /**
   * Whose definitions are asked for:
   * - `unbound` (default): those of running tasks without a binding. In awsvpc and host mode only the definition
   *   tells the ports.
   * - `all`: those of every running task, for policies that read labels or `SERVICE_…` variables.
   */
  readonly for?: 'unbound' | 'all'
  /**
   * Limits the lookups to the definitions of these tasks, such as those of one service. Pure, and the same answer for a
   * task's whole life. Default: every task.
   */
  readonly only?: (task: Exposable) => boolean
  /**
   * The client for an account and region; called once for each. Default: a client for that region with the
   * environment's credentials, which reach their own account only.
   */
  readonly clients?: (place: Place) => EcsClients
  /**
   * What rations the calls in an account and region. Default: 10 at once and 4 a second, a fifth of what AWS gives
   * the account.
   */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `task-definitions`. */
  readonly name?: string
}

/** A call asks for one definition, so that some are asked for at once. */
const concurrency = 4

/** How many answers are kept for tasks that come later; a few kilobytes each at most. */
const remembered = 10_000

const isBound = (task: Task): boolean => task.containers.some(({ bindings }) => bindings.length > 0)

/**
 * The definitions of running tasks, by DescribeTaskDefinition: one call for each revision, ever, because a revision
 * never changes. One that cannot be had is reported and asked for again, soon after throttling and faults, and from 5
 * s up to 5 minutes later when ECS says that there is none; it holds up no other.
 *
 * IAM: `ecs:DescribeTaskDefinition`.
 */
export const taskDefinitions = ({
  for: whose = 'unbound',
  only = () => true,
  clients = ecsClients,
  clock = systemClock,
  bucket = definitionReads(clock),
  random = Math.random,
  name = 'task-definitions',
}: TaskDefinitionsOptions = {}): Source => {
  const clientsOf = perPlace(clients)
  const answers = new RecentMap<TaskDefinition>(remembered)

  const describe = async (arn: DefinitionArn, signal: AbortSignal): Promise<TaskDefinition> => {
    const place = placeOf(arn)
    await bucket(place).take(1, signal)
    signal.throwIfAborted()
    const answer = await clientsOf(place).ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
      {
        abortSignal: signal,
      },
    )
    if (answer.taskDefinition === undefined) throw new Error('the answer is empty')
    const definition = taskDefinition(arn, answer.taskDefinition)
    answers.set(arn, definition)
    return definition
  }

  const ask = async (arns: readonly DefinitionArn[], signal: AbortSignal): Promise<Answer> => {
    const [arn = ''] = arns
    try {
      const definition = answers.get(arn) ?? (await describe(arn, signal))
      return { events: [{ _tag: 'DefinitionDescribed', definition }], failures: [] }
    } catch (thrown) {
      return { events: [], failures: [lookupFailure(`DescribeTaskDefinition ${arn}`, arns, thrown)] }
    }
  }

  return lookup(
    name,
    {
      needOf: (task) =>
        isRunning(task) && (whose === 'all' || !isBound(task)) && only(task) ? task.definition : undefined,
      known: (state) => state.definitions,
      groupOf: (arn) => {
        const { region, account } = placeOf(arn)
        return `${region} ${account}`
      },
      batch: 1,
      concurrency,
      ask,
    },
    { clock, random },
  )
}
