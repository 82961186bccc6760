import { DescribeClustersCommand, ListClustersCommand } from '@aws-sdk/client-ecs'
import { type ClusterArn, matchesCluster, type Place, placeOf, sameCluster } from '../../../core/arn.js'
import { CallFailed, type EcsCall } from './ecs-calls.js'

/** What ECS knows about a cluster. `gone`: it is deleted, which is only possible without tasks. */
export type ClusterFinding =
  | { readonly _tag: 'Found'; readonly cluster: ClusterArn; readonly gone: boolean }
  /**
   * ECS does not know the cluster: it never existed, or was deleted long ago. `cluster`: the ARN that it would have, in
   * the account and region that were called.
   */
  | { readonly _tag: 'Missing'; readonly reason: string; readonly cluster: ClusterArn | undefined }

/** Maximum page size of ListClusters. */
const pageSize = 100

/**
 * Maximum number of clusters that a pattern matches, the first ones by ARN. AWS allows 10,000 per account and region,
 * and the tasks of each are listed regularly.
 */
export const mostMatches = 1_000

/** Looks clusters up by name, ARN or pattern. */
export const clusterDirectory = (ask: EcsCall) => ({
  find: async (named: string, signal: AbortSignal): Promise<ClusterFinding> => {
    const { clusters = [], failures = [] } = await ask('DescribeClusters', placeOf(named), signal, (ecs) =>
      ecs.send(new DescribeClustersCommand({ clusters: [named] }), { abortSignal: signal }),
    )
    const [{ clusterArn, status } = {}] = clusters
    if (clusterArn !== undefined && sameCluster(named, clusterArn))
      return { _tag: 'Found', cluster: clusterArn, gone: status === 'INACTIVE' }
    const [{ arn = '', reason = 'not in the answer' } = {}] = failures
    const isArn = arn.startsWith('arn:') && sameCluster(named, arn)
    return { _tag: 'Missing', reason, cluster: isArn ? arn : undefined }
  },

  /** How many tasks of a cluster run, by ECS's count; `undefined` if the answer lacks it. */
  running: async (cluster: ClusterArn, signal: AbortSignal): Promise<number | undefined> => {
    const { clusters = [] } = await ask('DescribeClusters', placeOf(cluster), signal, (ecs) =>
      ecs.send(new DescribeClustersCommand({ clusters: [cluster] }), { abortSignal: signal }),
    )
    return clusters.find(({ clusterArn }) => clusterArn === cluster)?.runningTasksCount
  },

  /** Sorted, without duplicates. */
  matching: async (pattern: string, place: Place, signal: AbortSignal): Promise<readonly ClusterArn[]> => {
    const found = new Set<ClusterArn>()
    let nextToken: string | undefined
    do {
      const page = await ask('ListClusters', place, signal, (ecs) =>
        ecs.send(new ListClustersCommand({ maxResults: pageSize, nextToken }), { abortSignal: signal }),
      )
      for (const arn of page.clusterArns ?? []) if (matchesCluster(pattern, arn)) found.add(arn)
      nextToken = page.nextToken
    } while (nextToken !== undefined && nextToken !== '')
    return [...found].sort().slice(0, mostMatches)
  },
})

export type ClusterDirectory = ReturnType<typeof clusterDirectory>

/** ECS does not know a name or an ARN. */
class ClusterNotFound extends CallFailed {
  readonly code = 'ClusterNotFound'
}

/** The error for a name or ARN that ECS does not know. */
export const notFound = (named: string, reason: string): CallFailed =>
  new ClusterNotFound(
    'DescribeClusters',
    `cluster ${named} was not found (${reason}): check its name, region and account`,
  )
