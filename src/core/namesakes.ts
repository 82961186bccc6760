import { type ClusterArn, lastSegment, matchesCluster } from './arn.js'
import type { ClusterState } from './cluster-state.js'
import { mostUnlistedTasks } from './task-room.js'

/** Maximum number of warnings. Further clusters are probably invented, and are only counted. */
const most = 100

/** Creates warnings about suspicious clusters in events, each once. */
export class Namesakes {
  private readonly reported = new Set<string>()

  /** Called for an event of a cluster that is not followed. Warns if it has the name of a followed cluster. */
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
      `events of ${cluster} arrive. It has the name of a cluster that is followed (${ours}), but is another one: ` +
        'its events are ignored. To follow it, name it by ARN; otherwise filter out its events where they are sent',
    )
  }

  /** Called when events mention implausibly many tasks of a cluster. */
  crowded(cluster: ClusterArn): string | undefined {
    return this.once(
      `crowded ${cluster}`,
      `events mention more than ${mostUnlistedTasks} tasks of ${cluster} that no snapshot lists. ` +
        'Further ones are ignored until the next snapshot. Find out who sends these events',
    )
  }

  private once(key: string, message: string): string | undefined {
    if (this.reported.has(key) || this.reported.size >= most) return undefined
    this.reported.add(key)
    return message
  }
}
