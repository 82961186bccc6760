import type { Source } from '../../core/source.js'
import { clusterIdentities } from '../../sources/ecs-api/snapshots/cluster-identities.js'
import { ecsSnapshots, type EcsSnapshotsOptions } from '../../sources/ecs-api/snapshots/ecs-snapshots.js'
import { sqs } from '../../sources/sqs/sqs.js'
import type { ClusterSettings } from './cluster-settings.js'
import { clusterClients } from './cluster-clients.js'

/** The queue source, if a queue is configured. */
export const queue = ({
  queueUrl,
  region,
}: Pick<ClusterSettings, 'queueUrl' | 'region'>): readonly Source[] =>
  queueUrl === undefined ? [] : [sqs({ queueUrl, region })]

/**
 * Snapshots of the clusters, taken with the worker's clients (`clusterClients`). With snapshots disabled, only
 * resolves which clusters the names stand for.
 */
export const snapshots = (
  { cluster: clusters, resyncSeconds, region }: Pick<ClusterSettings, 'cluster' | 'resyncSeconds' | 'region'>,
  { only = {}, clients = clusterClients({ region }) }: Pick<EcsSnapshotsOptions, 'only' | 'clients'> = {},
): readonly Source[] =>
  resyncSeconds === 0
    ? [clusterIdentities({ clusters, region, clients })]
    : [
        ecsSnapshots({
          clusters,
          region,
          only,
          clients,
          intervalMs: resyncSeconds * 1000,
        }),
      ]
