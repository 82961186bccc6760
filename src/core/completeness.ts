import { type ClusterArn, matchesCluster } from './arn.js'
import type { Nameless, TaskClaims } from './claim.js'
import type { ClusterState } from './cluster-state.js'

/** How far our knowledge of the clusters reaches. */
export interface Completeness {
  /**
   * Whether all covered clusters have a whole snapshot, and what no task's backends are named after is known to be
   * nobody's, but for `unjudged` hosts.
   */
  readonly complete: boolean
  /** Covered clusters that have no whole snapshot yet and may still get one. */
  readonly awaited: readonly string[]
  /** Hosts of live tasks whose backends can never be named. */
  readonly unjudged: ReadonlySet<string>
  /** See `Desired.readings`. */
  readonly readings: ReadonlyMap<ClusterArn, number>
  /** Whether everything that may claim a name beside this claimant is known. */
  readonly knows: (claimant: TaskClaims) => boolean
  /** Whether what a gone task of the cluster offered may be taken away before that. */
  readonly mayRemove: (claimant: TaskClaims) => boolean
  /** Equal for horizons that answer alike. */
  readonly view: string
}

export interface CompletenessOptions {
  readonly covers: readonly string[]
  readonly pooled: boolean
}

/** A live task whose backends have no names, and the service that it belongs to. */
export interface NamelessTask extends Nameless {
  readonly cluster: ClusterArn
  readonly origin: string
}

type Known = Pick<ClusterState, 'marks' | 'identities' | 'refusals'>

/**
 * What has no whole snapshot yet of all that is covered: clusters by ARN, as far as it is known which they are, else by
 * name or pattern. `refused`: it can never be read, as things are.
 */
const unreadOf = (
  covers: readonly string[],
  marked: readonly ClusterArn[],
  { marks, identities, refusals }: Known,
): readonly { readonly key: string; readonly refused: boolean }[] =>
  covers.flatMap((named) => {
    const identity = identities.get(named)
    if (identity !== undefined)
      return identity.clusters
        .filter((cluster) => !marks.has(cluster))
        .map((key) => ({ key, refused: refusals.has(key) || refusals.has(named) }))
    return marked.some((cluster) => matchesCluster(named, cluster))
      ? []
      : [{ key: named, refused: refusals.has(named) }]
  })

/** A deleted cluster is covered no more, and one that is refused now gets no newer snapshot: neither is waited for. */
const readingsOf = (
  covers: readonly string[],
  marked: readonly ClusterArn[],
  { marks, identities, refusals }: Known,
): ReadonlyMap<ClusterArn, number> => {
  const readings = new Map<ClusterArn, number>()
  for (const named of covers) {
    const clusters = identities.get(named)?.clusters ?? marked.filter((one) => matchesCluster(named, one))
    for (const cluster of clusters) {
      const order = marks.get(cluster)?.order
      const refusedAt = Math.max(refusals.get(named)?.at ?? 0, refusals.get(cluster)?.at ?? 0)
      if (order !== undefined && refusedAt <= order) readings.set(cluster, order)
    }
  }
  return readings
}

export const completenessOf = (
  known: Known,
  nameless: Iterable<NamelessTask>,
  { covers, pooled }: CompletenessOptions,
): Completeness => {
  const { marks, identities } = known
  const marked = Array.from(marks, ([cluster]) => cluster).sort()
  const waiting = new Set<ClusterArn>()
  const refusedOrigins = new Set<string>()
  const unjudged = new Set<string>()
  let judged = true
  for (const { why, host, cluster, origin } of nameless) {
    if (why === 'waiting') waiting.add(cluster)
    else {
      refusedOrigins.add(origin)
      if (host === undefined) judged = false
      else unjudged.add(host)
    }
  }
  const unread = unreadOf(covers, marked, known)
  // While nothing at all can be read, there is nothing to go on with: that is waited for, whatever was refused.
  const awaited = unread
    .filter(({ refused }) => !refused || marked.length === 0)
    .map(({ key }) => key)
    .sort()
  const complete = covers.length > 0 && unread.length === 0 && waiting.size === 0 && judged
  // A cluster that would come first in the contest for a name must have had its say; one given by name or pattern may
  // be that. One that can never be read has none.
  const blocking = awaited.filter((named) => !named.startsWith('arn:'))
  const laterArns = awaited.filter((named) => named.startsWith('arn:'))
  const allHadTheirSay = (cluster: ClusterArn): boolean =>
    blocking.length === 0 && laterArns.every((named) => named > cluster)

  return {
    complete,
    awaited,
    unjudged,
    readings: readingsOf(covers, marked, known),
    knows: ({ cluster, origin }) =>
      marks.has(cluster) &&
      !waiting.has(cluster) &&
      !refusedOrigins.has(origin) &&
      (pooled ? awaited.length === 0 && waiting.size === 0 : allHadTheirSay(cluster)),
    // Where a snapshot is promised it is waited for: a late STOPPED may be of a task whose address has a new one
    // already.
    mayRemove: ({ cluster }) =>
      marks.has(cluster) ||
      !covers.some(
        (named) => identities.get(named)?.clusters.includes(cluster) ?? matchesCluster(named, cluster),
      ),
    view: JSON.stringify([
      marked,
      unread,
      awaited,
      [...waiting].sort(),
      [...refusedOrigins].sort(),
      [...unjudged].sort(),
      judged,
    ]),
  }
}
