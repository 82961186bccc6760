import { defaultOwner } from '../../core/run-setup.js'
import type { Composition } from '../runner/composition.js'
import { integer, oneOf, text } from '../settings/setting-type.js'
import { defaulted, optional, required, type SettingsOf } from '../settings/setting.js'
import type { Contradiction } from '../settings/settings.js'
import { clusterNames } from './cluster-name.js'
import { journalSettings, sharedJournal } from './journal-settings.js'
import { queueUrl } from './queue-url.js'
import { regionName } from './region-name.js'
import { checkRoles, roleSettings } from './role-settings.js'

/** Settings shared by all workers that follow clusters. Spread them into `settings`, and override what differs. */
export const clusterSettings = {
  cluster: required(clusterNames(), {
    description: 'The clusters to follow, by name, pattern such as prod-*, or ARN',
    example: 'staging,production',
  }),
  queueUrl: optional(queueUrl(), {
    description: 'The SQS queue that receives the task events of the clusters',
    example: 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events',
    otherwise: 'no events, snapshots only',
  }),
  resyncSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 300, {
    description:
      'The shortest time between full snapshots of the clusters; 0 for none, so lost events are not repaired',
    example: '300',
  }),
  region: optional(regionName(), {
    description:
      'AWS region of the target, of clusters given by name, and of the queue unless its URL names one',
    example: 'eu-west-1',
    otherwise: 'resolved by the AWS SDK',
  }),
  ...roleSettings,
  ...journalSettings,
  owner: optional(text('owner', 'an owner ID'), {
    description: 'Identifies the records that this worker owns; workers of the same clusters share it',
    example: 'ecs-task-stream/production',
    otherwise: 'ecs-task-stream/ followed by the cluster names, or account, region and name for ARNs',
  }),
  pruneGuard: defaulted(oneOf('on', 'off'), 'on', {
    description:
      'Whether to skip pruning that would remove more than half of our records, and at least ten, at once',
    example: 'off',
  }),
}

export type ClusterSettings = SettingsOf<typeof clusterSettings>

/** Contradictions among `clusterSettings`: for `WorkerDefinition.check`. */
export const checkClusters = ({
  queueUrl,
  resyncSeconds,
  ...rest
}: Partial<
  Pick<ClusterSettings, 'cluster' | 'queueUrl' | 'resyncSeconds' | 'assumeRole' | 'externalId'>
>): readonly Contradiction[] => [
  ...(resyncSeconds === 0 && queueUrl === undefined
    ? [
        {
          settings: ['resyncSeconds', 'queueUrl'] as const,
          message: 'without snapshots and without a queue, the worker has no source of data',
          example: 'RESYNC_SECONDS=300',
        },
      ]
    : []),
  ...checkRoles(rest),
]

/**
 * The part of a composition that names the clusters, the owner, the journal and the prune guard.
 *
 * Two workers with the same owner and different clusters would remove each other's records. The default owner is
 * therefore derived from the clusters.
 */
export const followed = ({
  cluster: clusters,
  queueUrl,
  resyncSeconds,
  owner = defaultOwner(clusters),
  pruneGuard,
  journal,
  region,
}: Pick<ClusterSettings, 'cluster' | 'queueUrl' | 'resyncSeconds' | 'owner' | 'pruneGuard'> &
  Partial<Pick<ClusterSettings, 'journal' | 'region'>>): Pick<
  Composition,
  'clusters' | 'owner' | 'journal' | 'past' | 'pruneGuard' | 'warnings'
> => ({
  clusters,
  owner,
  ...sharedJournal({ journal, region }, owner),
  ...(pruneGuard === 'off' ? { pruneGuard } : {}),
  warnings: [
    ...(resyncSeconds === 0
      ? ['RESYNC_SECONDS=0: without snapshots, tasks whose events are lost or never sent stay unknown']
      : []),
    ...(queueUrl === undefined ? ['no QUEUE_URL: changes are seen only at the next snapshot'] : []),
  ],
})
