import { dryRun } from '../../sinks/dry-run.js'
import type { Composition } from './composition.js'
import type { Problem } from '../settings/problem.js'

/**
 * The same composition, read-only: it reads no queue and writes to no sink. It has no journal, either, because whoever
 * follows one appends to it; its snapshots tell what there is.
 */
export const dryComposition = ({ journal: _journal, ...composition }: Composition): Composition => ({
  ...composition,
  eventSources: [],
  sinks: composition.sinks.map(dryRun),
  // A dry run acknowledges nothing, and `run` would check `folded` against sources that are left out here.
  ack: 'applied',
})

/** A dry run needs snapshots. */
export const dryProblems = ({ lookups }: Composition): readonly Problem[] =>
  lookups.some(({ covers }) => covers.length > 0)
    ? []
    : [
        {
          where: 'a dry run',
          message:
            'needs snapshots: it reads no queue, because messages left unacknowledged end up in the dead letter queue',
          example: 'RESYNC_SECONDS=300',
        },
      ]
