import { lastSegment } from '../../core/arn.js'
import type { Composition } from '../composition.js'
import { integer, list, oneOf, text, url } from '../kind.js'
import { defaulted, optional, required, type SettingsOf } from '../setting.js'
import type { Contradiction } from '../settings.js'

/** What every worker that follows clusters is told. Spread it into `settings`, and override what differs. */
export const clusterSettings = {
  cluster: required(list('clusters', 'one or more cluster names or ARNs, separated by commas or blanks'), {
    description: 'The clusters to follow, by name or ARN',
    example: 'staging,production',
  }),
  queueUrl: optional(url(), {
    description: 'The SQS queue that receives the task events of the clusters',
    example: 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events',
    otherwise: 'no events, snapshots only',
  }),
  resyncSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 300, {
    description:
      'How often the clusters are read as a whole; 0 for never, which leaves what an event lost unrepaired',
    example: '300',
  }),
  region: optional(text('region', 'the name of an AWS region'), {
    description:
      'Where the clusters given by name, the target and, unless its URL says otherwise, the queue are',
    example: 'eu-west-1',
    otherwise: 'as the AWS SDK finds it',
  }),
  owner: optional(text('owner', 'the mark of an owner'), {
    description: 'Marks the records that are ours; workers of the same clusters share it',
    example: 'ecs-task-stream/production',
    otherwise: 'ecs-task-stream/ and the names of the clusters',
  }),
  guard: defaulted(oneOf('on', 'off'), 'on', {
    description: 'Whether retiring more than half of our records at once, and at least ten, is withheld',
    example: 'off',
  }),
}

export type ClusterSettings = SettingsOf<typeof clusterSettings>

/** Contradictions among `clusterSettings`: for `WorkerDefinition.check`. */
export const checkClusters = ({
  queueUrl,
  resyncSeconds,
}: Partial<Pick<ClusterSettings, 'queueUrl' | 'resyncSeconds'>>): readonly Contradiction[] =>
  resyncSeconds === 0 && queueUrl === undefined
    ? [
        {
          settings: ['resyncSeconds', 'queueUrl'],
          message: 'without snapshots and without a queue there is nothing to learn from',
          example: 'RESYNC_SECONDS=300',
        },
      ]
    : []

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
  owner = `ecs-task-stream/${[...new Set(clusters.map(lastSegment))].sort().join('+')}`,
  guard,
}: Omit<ClusterSettings, 'region'>): Pick<Composition, 'clusters' | 'owner' | 'guard' | 'warnings'> => ({
  clusters,
  owner,
  ...(guard === 'off' ? { guard } : {}),
  warnings: [
    ...(resyncSeconds === 0 ? ['RESYNC_SECONDS=0: what events do not tell or lose stays unknown'] : []),
    ...(queueUrl === undefined ? ['no QUEUE_URL: changes are seen only at the next snapshot'] : []),
  ],
})
