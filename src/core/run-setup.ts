import { lastSegment, matchesCluster, placeOf } from './arn.js'
import type { Clock, Millis, Random } from './clock.js'
import type { Policy } from './policy.js'
import type { HealthChecks } from './health-checks.js'
import type { HealthPolicy } from './health-policy.js'
import type { Journal } from './journal.js'
import type { PruneGuard } from './plan.js'
import type { AnySink, Owner } from './sink.js'
import { SetupError } from './setup-error.js'
import type { Lookup, Source } from './source.js'
import type { Tracer } from './tracer.js'

export interface RunSetup {
  readonly sources: readonly Source[]
  readonly sinks: readonly AnySink[]
  /**
   * The policy that decides which ports of a task are exposed, and under which names: `servicePorts()`, or your own.
   */
  readonly expose: Policy
  /**
   * Follow only these clusters, by name or ARN. Events of others are acknowledged and counted. Default: all clusters in
   * the sources.
   */
  readonly clusters?: readonly string[]
  /**
   * The owner of the worker's records. Workers with the same owner must follow the same clusters; otherwise they remove
   * each other's records. Default: `ecs-task-stream/` followed by the clusters: their names, or account, region and
   * name for ARNs.
   */
  readonly owner?: Owner
  /**
   * Stores everything that the worker hears, and shares it with other workers: several workers on one queue are then
   * right, and a restart knows everything at once. All workers that use a journal must follow the same clusters.
   * Default: none.
   */
  readonly journal?: Journal
  /** How often to read what other workers have stored in the journal; ± 10 %. Default: 1,000 ms. */
  readonly catchUpMs?: Millis
  /**
   * When to acknowledge a delivery.
   * - `applied` (default): when every required sink holds its effect. Safe with only a queue. A required sink that is
   *   down pauses the sources.
   * - `folded`: immediately, or as soon as the journal holds it. Isolates sinks from each other, but requires a journal,
   *   or snapshots of every cluster, which recover what a crash loses. Refused otherwise.
   */
  readonly ack?: 'applied' | 'folded'
  /** Clock skew and delays in ECS that snapshots must allow for: see `defaultSkewAllowanceMs`. Default: 30,000 ms. */
  readonly skewAllowanceMs?: Millis
  /**
   * How to treat endpoints that `healthProbe` or ECS found unhealthy. With a `healthProbe`, `keep-the-last` is safer: a
   * check that fails everywhere then empties no backend. Default: `leave-out`.
   */
  readonly unhealthy?: HealthPolicy
  /**
   * Whether a task whose definition has a health check is offered only after ECS has reported it HEALTHY: see
   * `HealthChecks`. `required` needs the definitions of all tasks, and a source that asks for their health between
   * snapshots: `ecs`, or `taskDefinitions` and `taskHealth`. Default: `advisory`, offered as soon as it runs.
   */
  readonly healthChecks?: HealthChecks
  /**
   * How long the weight of a new endpoint grows from a tenth to all of it, where its backend has a warm one. For targets
   * that balance by weights. Default: 0, all at once.
   */
  readonly slowStartMs?: Millis
  /** Limits pruning: see `PruneGuard`. Default: at most half of the owned records at once, if that is ten or more. */
  readonly pruneGuard?: PruneGuard | 'off'
  /**
   * The pause after a sink has written; changes that arrive in the meantime share one round. A change that arrives
   * while the sink is idle is written immediately. Default: 250 ms, so that a deployment of 1,000 tasks takes a few
   * dozen writes.
   */
  readonly minWriteIntervalMs?: Millis
  /** How often to read each target completely, to find changes by others; ± 10 %. Default: 60,000 ms. */
  readonly resyncMs?: Millis
  /** Timeout for a call to a sink. Default: 30,000 ms. */
  readonly timeoutMs?: Millis
  /**
   * How long a delivery waits for the lookups of its tasks before it is acknowledged anyway. Applies to clusters that
   * are covered by snapshots, which will list the tasks again; in other clusters, a delivery waits as long as its
   * source can hold it. Default: 300,000 ms.
   */
  readonly lookupWaitMs?: Millis
  /** Follows the stages of the work: see `ecs-task-stream/opentelemetry`. Default: nobody does, which costs nothing. */
  readonly tracer?: Tracer
  /** How long `stop` waits for sinks and acknowledgements. Default: 20,000 ms; ECS kills a task 30 s after SIGTERM. */
  readonly drainMs?: Millis
}

/** The clock and randomness that core needs from outside. */
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

/** Throws when the setup contradicts itself; the message says how to fix it. */
export const checkSetup = ({
  sources,
  sinks,
  expose,
  clusters,
  ack,
  healthChecks,
  journal,
}: RunSetup): void => {
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
  const lacks = (lookup: Lookup): boolean =>
    sources.length > 0 && !sources.some(({ provides = [] }) => provides.includes(lookup))
  if (expose.needs === 'definitions' && lacks('definitions'))
    throw new SetupError(
      'missing-lookup',
      'the policy needs the task definition of every task, and no source provides it: add ecs({ clusters }) or taskDefinitions()',
    )
  if (healthChecks === 'required' && (lacks('definitions') || lacks('health')))
    throw new SetupError(
      'missing-lookup',
      "healthChecks: 'required' needs the definition and the health of every task, and no source asks ECS for them: add ecs({ clusters }), or taskDefinitions() and taskHealth()",
    )
  if (expose.deployments !== undefined && lacks('deployments'))
    throw new SetupError(
      'missing-lookup',
      'the policy follows deployments, and no source asks ECS about them: add ecs({ clusters }) or serviceDeployments()',
    )
  if (ack !== 'folded' || journal !== undefined) return
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
          ? 'name the clusters, and add a source that covers them, or a journal'
          : `add one that covers ${uncovered.join(', ')}, or a journal, or use ack: 'applied'`),
    )
}

/**
 * A cluster as part of an owner's name. For an ARN, it includes account and region, because names are unique only
 * within these.
 */
const shortest = (cluster: string): string => {
  const { region, account } = placeOf(cluster)
  const name = lastSegment(cluster)
  return cluster.startsWith('arn:') ? `${account}:${region}:${name}` : name
}

/**
 * The default owner, derived from the clusters: workers with the same clusters share an owner.
 * @example defaultOwner(['b', 'arn:aws:ecs:eu-west-1:123456789012:cluster/a']) === 'ecs-task-stream/123456789012:eu-west-1:a+b'
 */
export const defaultOwner = (clusters: readonly string[]): Owner =>
  ['ecs-task-stream', [...new Set(clusters.map(shortest))].sort().join('+')].filter(Boolean).join('/')
