import type { InspectedWorld } from './inspected-world.js'
import type { Overview } from './overview.js'
import { allDrift } from './rows/drift-rows.js'
import { countEndpoints } from './rows/endpoint-rows.js'
import { snapshotsOf } from './rows/source-rows.js'
import { countUnlike } from './rows/unlike-records.js'

/** What is so, in numbers. Costs a pass over the backends. */
export const overviewOf = (world: InspectedWorld): Overview => {
  const { state, desired, observed, now } = world
  const { worker, version, startedAt, targets, unsettled, oldestUnsettledAt, journal } = observed
  return {
    worker,
    version,
    at: now,
    startedAt,
    revision: desired.revision,
    complete: desired.complete,
    awaited: desired.awaited,
    counts: {
      backends: desired.backends.size,
      endpoints: countEndpoints(world),
      tasks: state.tasks.size,
      plan: countUnlike(world),
      unresolved: desired.unresolved.size,
      drift: allDrift(world).length,
      sources: observed.sources.length,
      deployments: state.deployments.size,
      neverIn: observed.neverIn.length,
    },
    targets,
    snapshots: snapshotsOf(world),
    unsettled,
    oldestUnsettledAt,
    journal,
  }
}
