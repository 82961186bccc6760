import { type ClusterArn, isClusterPattern, matchesCluster, placeOf, sameCluster } from './arn.js'
import type { ClusterState } from './cluster-state.js'

/**
 * Whether a cluster is followed. `unknown`: it has the name of a followed cluster, and a source has yet to say which
 * cluster the name stands for. Names are unique only within an account and region, and a queue may contain events of
 * several.
 */
export type Following = 'yes' | 'no' | 'unknown'

export interface FollowedOptions {
  /** Names, patterns or ARNs; `undefined`: every cluster. */
  readonly clusters: readonly string[] | undefined
  /** Names and patterns that a source promises to identify. */
  readonly identified: ReadonlySet<string>
  /**
   * Clusters that sources cover, by name, pattern or ARN. A covered ARN also decides which cluster a name stands for.
   */
  readonly covers: readonly string[]
}

const samePlace = (a: ClusterArn, b: ClusterArn): boolean => {
  const [one, other] = [placeOf(a), placeOf(b)]
  return one.region === other.region && one.account === other.account
}

/**
 * Whether a cluster with a matching name is one of the identified clusters. A pattern also includes matching clusters
 * in the same account and region that are too new to have been listed.
 */
const isOneOf = (named: string, cluster: ClusterArn, clusters: readonly ClusterArn[]): boolean =>
  clusters.includes(cluster) ||
  (isClusterPattern(named) && clusters.some((listed) => samePlace(listed, cluster)))

/** Whether a cluster is followed, given what a state knows about names. */
export type Follows = (cluster: ClusterArn, state: Pick<ClusterState, 'identities' | 'refusals'>) => Following

/** Decides which clusters are followed. */
export const followed =
  ({ clusters, identified, covers }: FollowedOptions): Follows =>
  (cluster, { identities, refusals }) => {
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
      // If no source identifies the name, or its refusal is final, the name alone decides.
      if (!identified.has(named) || refusals.has(named)) return 'yes'
      following = 'unknown'
    }
    return following
  }
