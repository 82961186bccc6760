import { type ClusterArn, isClusterPattern, sameCluster } from './arn.js'
import type { ClusterState } from './cluster-state.js'
import { clusterOfService } from './deployment.js'
import type { ClusterEvent } from './event.js'
import { fold } from './fold.js'
import type { Follows } from './followed.js'
import type { JournalEvent } from './journal.js'
import type { Source } from './source.js'

export type FollowedEvents<E extends JournalEvent> =
  | {
      readonly _tag: 'Known'
      /** The events to fold. */
      readonly events: readonly E[]
      /** The cluster of each other event. These clusters are not followed. */
      readonly elsewhere: readonly ClusterArn[]
    }
  /** A source has yet to say whether all clusters are followed. `state` includes what this delivery says about names. */
  | { readonly _tag: 'Unknown'; readonly state: ClusterState }

const clusterOf = (event: JournalEvent): ClusterArn | undefined => {
  switch (event._tag) {
    case 'TaskChanged':
      return event.task.cluster
    case 'TasksListed':
    case 'TasksRelisted':
      return event.cluster
    case 'DeploymentAnnounced':
    case 'DeploymentDescribed':
      return clusterOfService(event.service)
    case 'Checkpointed':
    case 'ClusterIdentified':
    case 'DefinitionDescribed':
    case 'HealthObserved':
    case 'InstanceDescribed':
    case 'LogRead':
    case 'LookupRefused':
      return undefined
  }
}

/** Whether an event may decide which cluster a name stands for. */
export const isAboutName = ({ _tag }: JournalEvent): boolean =>
  _tag === 'ClusterIdentified' || _tag === 'LookupRefused'

/** A complete snapshot of a cluster whose name a source covers also says which cluster the name stands for. */
export const withIdentities = (
  { covers }: Pick<Source, 'covers'>,
  events: readonly ClusterEvent[],
  { identities }: ClusterState,
): readonly ClusterEvent[] => {
  if (!events.some(({ _tag }) => _tag === 'TasksListed')) return events
  return events.flatMap((event): readonly ClusterEvent[] => {
    if (event._tag !== 'TasksListed') return [event]
    const name = covers.find(
      (named) =>
        !named.startsWith('arn:') &&
        !isClusterPattern(named) &&
        sameCluster(named, event.cluster) &&
        !identities.has(named),
    )
    return name === undefined
      ? [event]
      : [{ _tag: 'ClusterIdentified', named: name, clusters: [event.cluster], order: 0 }, event]
  })
}

/** The events that belong to followed clusters. Events without a cluster belong to all. */
export const followedEvents = <E extends JournalEvent>(
  received: readonly E[],
  state: ClusterState,
  follows: Follows,
): FollowedEvents<E> => {
  // Events about names apply to all other events, whatever their order.
  let known = state
  for (const event of received) if (isAboutName(event)) known = fold(known, event)
  const events: E[] = []
  const elsewhere: ClusterArn[] = []
  for (const event of received) {
    const cluster = clusterOf(event)
    const following = cluster === undefined ? 'yes' : follows(cluster, known)
    if (following === 'unknown') return { _tag: 'Unknown', state: known }
    if (cluster === undefined || following === 'yes') events.push(event)
    else elsewhere.push(cluster)
  }
  return { _tag: 'Known', events, elsewhere }
}
