import type { TaskArn } from './arn.js'
import type { ClusterState } from './cluster-state.js'
import type { ClusterEvent } from './event.js'

/**
 * Events that give this state when they are folded into the empty one, in any order. A task that the newest snapshot
 * describes as it is known is in the snapshot alone.
 */
export function* stateEvents(state: ClusterState): Generator<ClusterEvent> {
  const { marks, tasks, definitions, instances, deployments, identities, refusals, health, logs } = state
  for (const [named, { clusters, order }] of identities)
    yield { _tag: 'ClusterIdentified', named, clusters, order }
  for (const [cluster, mark] of marks)
    yield { _tag: 'TasksListed', cluster, at: mark.at, order: mark.order, tasks: [...mark.tasks.values()] }
  const isListed = (arn: TaskArn, cluster: string, task: object): boolean =>
    marks.get(cluster)?.tasks.get(arn) === task
  for (const [arn, task] of tasks) if (!isListed(arn, task.cluster, task)) yield { _tag: 'TaskChanged', task }
  for (const definition of definitions.values()) yield { _tag: 'DefinitionDescribed', definition }
  for (const [instance, { at, addresses, machine }] of instances)
    yield {
      _tag: 'InstanceDescribed',
      instance,
      addresses,
      at,
      ...(machine === undefined ? {} : { machine }),
    }
  for (const [service, { announcedAt, described }] of deployments) {
    yield { _tag: 'DeploymentAnnounced', service, at: announcedAt }
    if (described !== undefined)
      yield { _tag: 'DeploymentDescribed', service, at: described.at, rollout: described.rollout }
  }
  for (const [key, { at, reason }] of refusals) yield { _tag: 'LookupRefused', key, at, reason }
  for (const [endpoint, { at, healthy }] of health) yield { _tag: 'HealthObserved', endpoint, healthy, at }
  for (const [log, { position }] of logs) yield { _tag: 'LogRead', log, position }
}
