import { type ClusterArn, matchesCluster } from './arn.js'
import type { Nameless } from './claim.js'
import type { ClusterState } from './cluster-state.js'
import { isCovered } from './is-covered.js'

/** A task's cluster, and its origin as `originOf`. */
interface Claimant {
  readonly cluster: ClusterArn
  readonly origin: string
}

/** How complete the knowledge of the clusters is. */
export interface Completeness {
  /**
   * Whether all covered clusters have a complete snapshot, and all backend names of live tasks are known, except those
   * of tasks on `unjudged` hosts. A name that no task claims is then known to be unused.
   */
  readonly complete: boolean
  /** Covered clusters that have no complete snapshot yet and may still get one. */
  readonly awaited: readonly string[]
  /** Hosts of live tasks whose backend names can never be known. */
  readonly unjudged: ReadonlySet<string>
  /** See `Desired.readings`. */
  readonly readings: ReadonlyMap<ClusterArn, number>
  /** Whether everything that could claim the same name as this claimant is known. */
  readonly knows: (claimant: Claimant) => boolean
  /** Whether addresses of the claimant's gone task may be removed before that. */
  readonly mayRemove: (claimant: Claimant) => boolean
  /**
   * Whether a live task whose names wait for a lookup may be at an address of this host: it may have taken over any of
   * them. While the host of such a task is unknown, it may be anywhere in its cluster.
   */
  readonly mayHost: (cluster: ClusterArn, host: string) => boolean
  /** Equal for values with the same answers, ignoring `readings` and `mayHost`. */
  readonly view: string
  /** Equal for values with the same answers of `mayHost`. */
  readonly hosts: string
}

export interface CompletenessOptions {
  readonly covers: readonly string[]
  readonly pooled: boolean
}

/** A live task whose backend names are unknown, with its cluster and origin. */
export interface NamelessTask extends Nameless {
  readonly cluster: ClusterArn
  readonly origin: string
}

type Known = Pick<ClusterState, 'marks' | 'identities' | 'refusals'>

/** The clusters with a snapshot that `named` may mean. An ARN means one, so that many ARNs cost no comparison each. */
const meant = (
  named: string,
  marked: readonly ClusterArn[],
  marks: Known['marks'],
): readonly ClusterArn[] => {
  if (named.startsWith('arn:')) return marks.has(named) ? [named] : []
  return marked.filter((cluster) => matchesCluster(named, cluster))
}

/**
 * The covered clusters without a complete snapshot: by ARN if it is known, or else by name or pattern. `refused`: the
 * cluster cannot be read, because a refusal is final.
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
    return meant(named, marked, marks).length > 0 ? [] : [{ key: named, refused: refusals.has(named) }]
  })

/** Leaves out deleted clusters, which are no longer covered, and refused ones, which get no newer snapshots. */
const readingsOf = (
  covers: readonly string[],
  marked: readonly ClusterArn[],
  { marks, identities, refusals }: Known,
): ReadonlyMap<ClusterArn, number> => {
  const readings = new Map<ClusterArn, number>()
  for (const named of covers) {
    const clusters = identities.get(named)?.clusters ?? meant(named, marked, marks)
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
  const { marks } = known
  const marked = Array.from(marks, ([cluster]) => cluster).sort()
  const waiting = new Set<ClusterArn>()
  const refusedOrigins = new Set<string>()
  const unjudged = new Set<string>()
  const hosts = new Set<string>()
  const anywhere = new Set<ClusterArn>()
  let judged = true
  for (const { why, host, cluster, origin } of nameless) {
    if (why === 'waiting') {
      waiting.add(cluster)
      if (host === undefined) anywhere.add(cluster)
      else hosts.add(host)
    } else {
      refusedOrigins.add(origin)
      if (host === undefined) judged = false
      else unjudged.add(host)
    }
  }
  const unread = unreadOf(covers, marked, known)
  // As long as no cluster at all has been read, all of them are awaited, even refused ones.
  const awaited = unread
    .filter(({ refused }) => !refused || marked.length === 0)
    .map(({ key }) => key)
    .sort()
  const complete = covers.length > 0 && unread.length === 0 && waiting.size === 0 && judged
  // The least origin gets a name, so every awaited cluster that could come before this one must be read first. A
  // cluster given by name or pattern could always come before. Clusters that can never be read are ignored.
  const areArns = awaited.every((named) => named.startsWith('arn:'))
  const allHadTheirSay = (cluster: ClusterArn): boolean =>
    areArns && awaited.every((named) => named > cluster)

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
    // In a covered cluster, nothing is removed before the first snapshot: a late STOPPED may be of a task whose address
    // already belongs to a new one.
    mayRemove: ({ cluster }) => marks.has(cluster) || !isCovered(cluster, covers, known),
    mayHost: (cluster, host) => hosts.has(host) || anywhere.has(cluster),
    hosts: JSON.stringify([[...hosts].sort(), [...anywhere].sort()]),
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
