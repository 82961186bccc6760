import { integer } from '../settings/setting-type.js'
import { optional } from '../settings/setting.js'
import type { Contradiction } from '../settings/settings.js'
import type { ClusterSettings } from './cluster-settings.js'
import { checkRoles } from './role-settings.js'

/** A setting for workers that serve a document; see `patienceMs` of their sinks. */
export const patience = optional(integer({ min: 1, max: 86_400, unit: 'seconds' }), {
  description: 'How long to answer 503 after a start; after that, serve what is known',
  example: '300',
  otherwise: 'for ever',
})

/** Contradictions among the `clusterSettings` of a worker that serves a document, for `WorkerDefinition.check`. */
export const checkServed = ({
  resyncSeconds,
  ...rest
}: Partial<
  Pick<ClusterSettings, 'cluster' | 'resyncSeconds' | 'assumeRole' | 'externalId'>
>): readonly Contradiction[] => [
  ...(resyncSeconds === 0
    ? [
        {
          settings: ['resyncSeconds'] as const,
          message: 'without snapshots the state is never complete, so the server would answer 503 forever',
          example: 'RESYNC_SECONDS=300',
        },
      ]
    : []),
  ...checkRoles(rest),
]
