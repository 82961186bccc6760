import { dryRun } from '../../sinks/dry-run.js'
import type { Composition } from './composition.js'
import type { Problem } from '../settings/problem.js'

/** The same, but looking only: no queue is read and no sink is written. */
export const dryComposition = (composition: Composition): Composition => ({
  ...composition,
  eventSources: [],
  sinks: composition.sinks.map(dryRun),
  // Nothing is acknowledged either way, and `folded` would be checked against sources that are left out.
  ack: 'applied',
})

/** Without snapshots there is nothing to look at. */
export const dryProblems = ({ lookups }: Composition): readonly Problem[] =>
  lookups.some(({ covers }) => covers.length > 0)
    ? []
    : [
        {
          where: 'a dry run',
          message:
            'reads no queue, because what is received and not acknowledged ends in the dead letter queue; so it needs snapshots',
          example: 'RESYNC_SECONDS=300',
        },
      ]
