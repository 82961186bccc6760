import { defaultOwner } from '../../core/run-setup.js'
import type { Composition } from '../runner/composition.js'
import { integer, oneOf, text } from '../settings/setting-type.js'
import { defaulted, optional, required, type SettingsOf } from '../settings/setting.js'
import type { Contradiction } from '../settings/settings.js'
import { clusterNames } from './cluster-name.js'
import { queueUrl } from './queue-url.js'
import { regionName } from './region-name.js'
import { checkRoles, roleSettings } from './role-settings.js'

/** What every worker that follows clusters is told. Spread it into `settings`, and override what differs. */
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
      'How often the clusters are read as a whole; 0 for never, which leaves what an event lost unrepaired',
    example: '300',
  }),
  region: optional(regionName(), {
    description:
      'Where the clusters given by name, the target and, unless its URL says otherwise, the queue are',
    example: 'eu-west-1',
    otherwise: 'as the AWS SDK finds it',
  }),
  ...roleSettings,
  owner: optional(text('owner', 'the mark of an owner'), {
    description: 'Marks the records that are ours; workers of the same clusters share it',
    example: 'ecs-task-stream/production',
    otherwise: 'ecs-task-stream/ and the clusters: their names; of ARNs, account, region and name',
  }),
  pruneGuard: defaulted(oneOf('on', 'off'), 'on', {
    description: 'Whether pruning more than half of our records at once, and at least ten, is skipped',
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
          message: 'without snapshots and without a queue there is nothing to learn from',
          example: 'RESYNC_SECONDS=300',
        },
      ]
    : []),
  ...checkRoles(rest),
]

/**
 * The part of a composition that says which clusters are followed, for whom, and how carefully.
 *
 * Two workers with one owner and different clusters would take each other's records away: so, unless an owner is set,
 * the clusters make its name.
 */
export const followed = ({
  cluster: clusters,
  queueUrl,
  resyncSeconds,
  owner = defaultOwner(clusters),
  pruneGuard,
}: Pick<ClusterSettings, 'cluster' | 'queueUrl' | 'resyncSeconds' | 'owner' | 'pruneGuard'>): Pick<
  Composition,
  'clusters' | 'owner' | 'pruneGuard' | 'warnings'
> => ({
  clusters,
  owner,
  ...(pruneGuard === 'off' ? { pruneGuard } : {}),
  warnings: [
    ...(resyncSeconds === 0 ? ['RESYNC_SECONDS=0: what events do not tell or lose stays unknown'] : []),
    ...(queueUrl === undefined ? ['no QUEUE_URL: changes are seen only at the next snapshot'] : []),
  ],
})
