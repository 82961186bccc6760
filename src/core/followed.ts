import { type ClusterArn, isClusterPattern, matchesCluster, placeOf, sameCluster } from './arn.js'
import type { ClusterState } from './cluster-state.js'

/**
 * Whether events of a cluster are ours. `unknown`: it has the name of a cluster that we follow, and a source has still
 * to tell which cluster that is. Names are unique in one account and region only, and a queue may bring events of many.
 */
export type Following = 'yes' | 'no' | 'unknown'

export interface FollowedOptions {
  /** Names, patterns or ARNs; `undefined`: every cluster. */
  readonly clusters: readonly string[] | undefined
  /** Names and patterns of which a source promises to tell what they stand for. */
  readonly identified: ReadonlySet<string>
  /** What sources cover, by name, pattern or ARN: an ARN tells which cluster a name stands for, too. */
  readonly covers: readonly string[]
}

const samePlace = (a: ClusterArn, b: ClusterArn): boolean => {
  const [one, other] = [placeOf(a), placeOf(b)]
  return one.region === other.region && one.account === other.account
}

/**
 * Whether a cluster that has the name, or matches the pattern, is one of those that it stands for. A pattern stands for
 * every such cluster of its account and region: also for one that is too new to have been listed.
 */
const isOneOf = (named: string, cluster: ClusterArn, clusters: readonly ClusterArn[]): boolean =>
  clusters.includes(cluster) ||
  (isClusterPattern(named) && clusters.some((listed) => samePlace(listed, cluster)))

/** Says of which clusters we take events, by what is known of names. */
export const followed =
  ({ clusters, identified, covers }: FollowedOptions) =>
  (
    cluster: ClusterArn,
    { identities, refusals }: Pick<ClusterState, 'identities' | 'refusals'>,
  ): Following => {
    if (clusters === undefined) return 'yes'
    const coversNamesake = (named: string): boolean =>
      !covers.includes(named) && covers.some((one) => one.startsWith('arn:') && sameCluster(named, one))
    let following: Following = 'no'
    for (const named of clusters) {
      if (!matchesCluster(named, cluster)) continue
      if (named.startsWith('arn:')) return 'yes'
      const identity = identities.get(named)
      if (identity !== undefined) {
        if (isOneOf(named, cluster, identity.clusters)) return 'yes'
        continue
      }
      if (coversNamesake(named)) {
        if (covers.includes(cluster)) return 'yes'
        continue
      }
      // Without anybody to tell, or when it can never be told, the name is all there is.
      if (!identified.has(named) || refusals.has(named)) return 'yes'
      following = 'unknown'
    }
    return following
  }
