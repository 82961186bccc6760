import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { type DefinitionArn, type Place, placeOf, sameAccountAndRegion } from '../../../core/arn.js'
import type { Clock, Random } from '../../../core/clock.js'
import { daemonDefinition, isDaemonDefinition } from '../../../core/daemon-task.js'
import { hasInjectedName } from '../../../core/injected-container.js'
import type { Exposable } from '../../../core/policy.js'
import type { Source } from '../../../core/source.js'
import type { TaskDefinition } from '../../../core/task-definition.js'
import type { Task } from '../../../core/task.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { definitionReads, type EcsClients, ecsClients } from '../clients/ecs-client.js'
import { familyOf, isDefinitionArn } from './definition-arn.js'
import { lookupFailure } from './lookup-failure.js'
import type { Answer } from './lookup-queue.js'
import { isRunning, lookup } from './lookup.js'
import { RecentMap } from '../../../shared/async/recent-map.js'
import { taskDefinition, UnusableDefinition } from './task-definition.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface TaskDefinitionsOptions {
  /**
   * Whose definitions are asked for. Default: those that the policy needs (`Policy.needs`), which is `all`, `unbound`
   * or none.
   * - `unbound`: those of running tasks without a binding. In awsvpc and host mode only the definition
   *   tells the ports. Also those of tasks with a bound container whose name is of the kind that AWS gives to
   *   containers that it adds: only the definition tells whether it is the user's.
   * - `all`: those of every running task.
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

/** How many answers are kept for tasks that come later; 64 KiB each at most, and a few kilobytes usually. */
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
 * The definitions of running tasks, by DescribeTaskDefinition: one call per revision, because a revision never changes.
 *
 * Definitions of tasks that a snapshot lists come first; among others, families take turns. A call that fails is
 * reported and repeated: soon after throttling and faults. When ECS says no (there is none, or the permission is
 * missing), the definition is asked for three times within a minute; then the answer is final (`LookupRefused`), its
 * tasks are reported as unresolved, and it is asked for again every 15 to 30 minutes. It holds up no other service.
 *
 * Not asked for: a definition of another account or region than the task's cluster (refused), and those of managed
 * daemons, which offer nothing.
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
    if (answer.taskDefinition === undefined) throw new UnusableDefinition('the answer is empty')
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
    question: ({ clock, needs }) => {
      const whose = given ?? asked[needs]
      const { bucket = definitionReads(clock) } = options
      return {
        needOf: (task) =>
          isRunning(task) && isAsked[whose](task) && only(task) ? task.definition : undefined,
        refusalOf: (arn, { cluster }) =>
          !isDefinitionArn(arn)
            ? `${arn} is not the ARN of a task definition`
            : !sameAccountAndRegion(arn, cluster)
              ? `${arn} is of another account or region than the task's cluster, ${cluster}`
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
