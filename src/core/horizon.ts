import { type ClusterArn, sameCluster } from './arn.js'
import type { TaskClaims } from './claim.js'
import type { Mark } from './cluster-state.js'
import type { PersistentMap } from './persistent-map.js'

/** How far our knowledge of the clusters reaches. */
export interface Horizon {
  /** Whether all covered clusters have a whole snapshot, and every live task's backends have names. */
  readonly complete: boolean
  /** Whether everything that may claim a name beside this claimant is known. */
  readonly knows: (claimant: TaskClaims) => boolean
  /** Whether what a gone task of the cluster offered may be taken away before that. */
  readonly mayRemove: (claimant: TaskClaims) => boolean
  /** Equal for horizons that answer alike. */
  readonly view: string
}

export interface HorizonOptions {
  readonly covers: readonly string[]
  readonly pooled: boolean
}

/** `nameless`: clusters with live tasks whose backends cannot be named yet. */
export const horizonOf = (
  marks: PersistentMap<Mark>,
  nameless: ReadonlySet<ClusterArn>,
  { covers, pooled }: HorizonOptions,
): Horizon => {
  const marked = Array.from(marks, ([cluster]) => cluster).sort()
  const hasMark = (named: string): boolean => marked.some((cluster) => sameCluster(named, cluster))
  const complete = covers.length > 0 && covers.every(hasMark) && nameless.size === 0
  return {
    complete,
    knows: ({ cluster }) => {
      if (!marks.has(cluster)) return false
      if (pooled) return complete
      // A cluster that would come first in the contest for a name must have had its say; one given by name may be
      // that.
      const hadItsSay = (named: string): boolean =>
        hasMark(named) || (named.startsWith('arn:') && named > cluster)
      return !nameless.has(cluster) && covers.every(hadItsSay)
    },
    // Where a snapshot is promised it is waited for: a late STOPPED may be of a task whose address has a new one
    // already.
    mayRemove: ({ cluster }) => marks.has(cluster) || !covers.some((named) => sameCluster(named, cluster)),
    view: JSON.stringify([marked, [...nameless].sort()]),
  }
}
