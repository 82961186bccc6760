import { DescribeClustersCommand, ListClustersCommand } from '@aws-sdk/client-ecs'
import { type ClusterArn, matchesCluster, type Place, placeOf, sameCluster } from '../../../core/arn.js'
import { CallFailed, type EcsCall } from './ecs-calls.js'

/** What ECS says of a cluster: `gone` when it is deleted, which only a cluster without tasks can be. */
export type ClusterFinding =
  | { readonly _tag: 'Found'; readonly cluster: ClusterArn; readonly gone: boolean }
  /**
   * ECS knows of no such cluster: it never was, or was deleted long ago. `cluster`: which one it would be, for the answer
   * names it by the account and region that were asked.
   */
  | { readonly _tag: 'Missing'; readonly reason: string; readonly cluster: ClusterArn | undefined }

/** The most that ListClusters gives in a page. */
const pageSize = 100

/**
 * Clusters that one pattern may stand for; those that come first by ARN. AWS allows an account 10,000 in a region, and
 * each is asked for its tasks again and again.
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

  /** Ordered, each once. */
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

/** A name or ARN of which ECS knows nothing. */
export const notFound = (named: string, reason: string): CallFailed =>
  new CallFailed(
    'DescribeClusters',
    `cluster ${named} was not found (${reason}): check its name, region and account`,
  )
