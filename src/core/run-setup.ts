import { lastSegment, matchesCluster, placeOf } from './arn.js'
import type { Clock, Millis, Random } from './clock.js'
import type { Policy } from './policy.js'
import type { HealthPolicy } from './health-policy.js'
import type { PruneGuard } from './plan.js'
import type { AnySink, Owner } from './sink.js'
import { SetupError } from './setup-error.js'
import type { Source } from './source.js'

export interface RunSetup {
  readonly sources: readonly Source[]
  readonly sinks: readonly AnySink[]
  /** Which ports of a task are offered, and under which names: `servicePorts()`, or your own. */
  readonly expose: Policy
  /**
   * Follow only these clusters, by name or ARN; events of others are acknowledged and counted. Default: all that the
   * sources tell of.
   */
  readonly clusters?: readonly string[]
  /**
   * Who we are to the targets. Workers with one owner must follow the same clusters, else they take each other's
   * records away. Default: `ecs-task-stream/` and the clusters: names as they are, of ARNs account, region and name.
   */
  readonly owner?: Owner
  /**
   * When a delivery may be forgotten.
   * - `applied` (default): when every required sink holds what follows from it. Safe with a queue alone. A required
   *   sink that is down pauses the sources.
   * - `folded`: at once. Isolates sinks, and needs snapshots of every cluster: what a crash loses comes back with the
   *   next one. Refused otherwise.
   */
  readonly ack?: 'applied' | 'folded'
  /** Clock skew and delays of ECS that a snapshot must allow for: see `defaultSkewAllowanceMs`. Default: 30,000 ms. */
  readonly skewAllowanceMs?: Millis
  /**
   * What becomes of endpoints that `healthProbe`, or ECS itself, found unhealthy. Default: `leave-out`. With a
   * `healthProbe`, `keep-the-last` is the safer one: a check that fails everywhere then empties no backend.
   */
  readonly unhealthy?: HealthPolicy
  /** Default: no more than half of our own records at once, when that is ten or more. */
  readonly pruneGuard?: PruneGuard | 'off'
  /**
   * How long a sink rests after it has written: changes that come meanwhile are one round. A change that comes when
   * it rests not is written at once. Default: 250 ms, so that a deployment of 1,000 tasks is some dozens of writes.
   */
  readonly minWriteIntervalMs?: Millis
  /** How often each target is read as a whole, to find what others did to it; ± 10 %. Default: 60,000 ms. */
  readonly resyncMs?: Millis
  /** A sink's call is aborted after this. Default: 30,000 ms. */
  readonly timeoutMs?: Millis
  /**
   * How long a delivery waits for the lookups of its tasks before it is acknowledged all the same; in clusters of which
   * snapshots are promised, for these will tell of the tasks again. In others it waits as long as its source can hold
   * it. Default: 300,000 ms.
   */
  readonly lookupWaitMs?: Millis
  /**
   * How long `stop` waits for sinks and acknowledgements. Default: 20,000 ms; ECS kills a task 30 s after SIGTERM.
   */
  readonly drainMs?: Millis
}

/** What core cannot have of itself. */
export interface Environment {
  readonly clock: Clock
  readonly random: Random
}

const unique = (kind: string, names: readonly string[]): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new SetupError(
      'duplicate-name',
      `two ${kind} are named "${twice}": give one of them another name option`,
    )
}

/** @throws SetupError when the setup contradicts itself. */
export const checkSetup = ({ sources, sinks, expose, clusters, ack }: RunSetup): void => {
  unique(
    'sources',
    sources.map(({ name }) => name),
  )
  unique(
    'sinks',
    sinks.map(({ name }) => name),
  )
  const looked = sources.flatMap(({ identifies = [] }) => identifies)
  const twice = looked.find((name, i) => looked.indexOf(name) !== i)
  if (twice !== undefined)
    throw new SetupError(
      'ambiguous-identity',
      `two sources look up which clusters "${twice}" stands for, and their answers may differ: name the clusters by ARN`,
    )
  if (
    expose.needs === 'definitions' &&
    sources.length > 0 &&
    !sources.some(({ provides = [] }) => provides.includes('definitions'))
  )
    throw new SetupError(
      'missing-lookup',
      'the policy needs the task definition of every task, and no source provides it: add taskDefinitions() or ecs({ clusters })',
    )
  if (ack !== 'folded') return
  const covers = sources.flatMap((source) => source.covers)
  const uncovered = clusters?.filter(
    (cluster) =>
      !covers.some((covered) => matchesCluster(covered, cluster) || matchesCluster(cluster, covered)),
  )
  if (uncovered === undefined || uncovered.length > 0)
    throw new SetupError(
      'missing-snapshots',
      `ack: 'folded' forgets events before they are applied, so every cluster needs a snapshot source: ` +
        (uncovered === undefined
          ? 'name the clusters, and add a source that covers them'
          : `add one that covers ${uncovered.join(', ')}, or use ack: 'applied'`),
    )
}

/** A cluster in an owner's name. An ARN's account and region belong to it: names are unique within these alone. */
const shortest = (cluster: string): string => {
  const { region, account } = placeOf(cluster)
  const name = lastSegment(cluster)
  return cluster.startsWith('arn:') ? `${account}:${region}:${name}` : name
}

/**
 * Workers of the same clusters are one owner; workers of others are others.
 * @example defaultOwner(['b', 'arn:aws:ecs:eu-west-1:123456789012:cluster/a']) === 'ecs-task-stream/123456789012:eu-west-1:a+b'
 */
export const defaultOwner = (clusters: readonly string[]): Owner =>
  ['ecs-task-stream', [...new Set(clusters.map(shortest))].sort().join('+')].filter(Boolean).join('/')
