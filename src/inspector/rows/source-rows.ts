import { matchesCluster } from '../../core/arn.js'
import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import type { SnapshotFacts, SourceRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

/** The newest snapshot of each cluster, ordered by cluster. */
export const snapshotsOf = ({
  state: { marks },
  observed: { snapshots },
}: InspectedWorld): readonly SnapshotFacts[] =>
  [...marks]
    .map(([cluster, { at, tasks }]) => ({
      cluster,
      at: at === 0 ? undefined : at,
      tasks: tasks.size,
      tookMs: snapshots.get(cluster)?.tookMs,
      nextAt: snapshots.get(cluster)?.nextAt,
    }))
    .sort((a, b) => (a.cluster < b.cluster ? -1 : 1))

/** Whether a cluster is meant by what a source covers: its name, a pattern, or its ARN. */
const covering = ({ state: { identities } }: InspectedWorld, covers: readonly string[]) => {
  const identified = new Set(covers.flatMap((name) => identities.get(name)?.clusters ?? []))
  return ({ cluster }: SnapshotFacts): boolean =>
    identified.has(cluster) || covers.some((covered) => matchesCluster(covered, cluster))
}

export function* sourceRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<SourceRow>> {
  const matches = nameFilter(query.filter)
  const snapshots = snapshotsOf(world)
  return yield* windowOf(world.observed.sources, {
    query,
    rowOf: (facts) => ({ ...facts, snapshots: snapshots.filter(covering(world, facts.covers)) }),
    matches: ({ source }) => matches(source),
  })
}
