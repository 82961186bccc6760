import type { Source } from '../../core/source.js'
import { ecsSnapshots, type EcsSnapshotsOptions } from '../../sources/ecs-snapshots.js'
import { sqs } from '../../sources/sqs.js'
import type { ClusterSettings } from './cluster-settings.js'

/** The queue, if there is one. */
export const queue = ({
  queueUrl,
  region,
}: Pick<ClusterSettings, 'queueUrl' | 'region'>): readonly Source[] =>
  queueUrl === undefined ? [] : [sqs({ queueUrl, region })]

/** Snapshots of the clusters, unless there are to be none. */
export const snapshots = (
  { cluster: clusters, resyncSeconds, region }: Pick<ClusterSettings, 'cluster' | 'resyncSeconds' | 'region'>,
  { only = {} }: Pick<EcsSnapshotsOptions, 'only'> = {},
): readonly Source[] =>
  resyncSeconds === 0
    ? []
    : [
        ecsSnapshots({
          clusters,
          region,
          only,
          intervalMs: resyncSeconds * 1000,
        }),
      ]
