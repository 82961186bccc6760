import { type ClusterArn, lastSegment, matchesCluster } from './arn.js'
import type { ClusterState } from './cluster-state.js'
import { mostUnlistedTasks } from './task-room.js'

/** Clusters that were warned of. Others that come beyond it were invented, and are counted alone. */
const most = 100

/** Says what is strange about clusters of which events come, each once. */
export class Namesakes {
  private readonly told = new Set<string>()

  /** An event of a cluster that we do not follow: worth a word where it has the name of one that we do. */
  met(
    cluster: ClusterArn,
    clusters: readonly string[],
    { identities }: Pick<ClusterState, 'identities'>,
  ): string | undefined {
    const named = clusters.find((one) =>
      one.startsWith('arn:') ? lastSegment(one) === lastSegment(cluster) : matchesCluster(one, cluster),
    )
    if (named === undefined) return undefined
    const ours = identities.get(named)?.clusters.join(', ') ?? named
    return this.once(
      cluster,
      `events of ${cluster} arrive. It has the name of a cluster that is followed (${ours}) and is another one: ` +
        'its events are not followed. To follow it, name it by its ARN; else filter it out where events are sent',
    )
  }

  /** More tasks of a cluster than can be. */
  crowded(cluster: ClusterArn): string | undefined {
    return this.once(
      `crowded ${cluster}`,
      `events tell of more than ${mostUnlistedTasks} tasks of ${cluster} that no snapshot lists. ` +
        'Events of further ones are left to the next snapshot. Find out who sends them',
    )
  }

  private once(key: string, message: string): string | undefined {
    if (this.told.has(key) || this.told.size >= most) return undefined
    this.told.add(key)
    return message
  }
}
