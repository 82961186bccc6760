import { type ClusterArn, matchesCluster } from './arn.js'
import type { ClusterState } from './cluster-state.js'

/**
 * Whether a source promises snapshots of a cluster. `covers`: the names, patterns or ARNs that sources cover. A name
 * that matches the cluster counts until it is known which clusters the name stands for.
 */
export const isCovered = (
  cluster: ClusterArn,
  covers: readonly string[],
  { identities }: Pick<ClusterState, 'identities'>,
): boolean =>
  covers.some((named) => identities.get(named)?.clusters.includes(cluster) ?? matchesCluster(named, cluster))
