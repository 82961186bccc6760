import type { Endpoint, Share } from './desired.js'
import { splitWeights } from './split-weights.js'

const gets = (share: Share | undefined): boolean => share === undefined || share.percent > 0

/** An endpoint of a replaced revision that gets the requests again. */
const takesOver = (endpoint: Endpoint): readonly Endpoint[] =>
  endpoint.share?.role === 'source' ? [{ ...endpoint, share: { ...endpoint.share, percent: 100 } }] : []

/** The service and revision whose endpoints share a percentage. */
const groupOf = ({ cluster, group = '', share }: Endpoint, revision = share?.revision ?? ''): string =>
  `${cluster} ${group} ${revision}`

/**
 * The endpoints of a backend that get requests, with their weights, in services that deploy in stages. An endpoint of a
 * revision without traffic is left out. If no revision with traffic has an endpoint, those of the revisions that the
 * deployment replaces get it: they have had it before. The new revision never gets more than nothing before its stage.
 *
 * Where several services share a backend, each has as many parts of the requests as it has such endpoints.
 */
export const balanced = (live: readonly Endpoint[]): readonly Endpoint[] => {
  if (live.every(({ share }) => share === undefined)) return live
  const served = live.filter(({ share }) => gets(share))
  const offered = served.length > 0 ? served : live.flatMap(takesOver)
  const parts = new Map<string, number>()
  for (const endpoint of offered) {
    const service = groupOf(endpoint, '')
    parts.set(service, (parts.get(service) ?? 0) + 1)
  }
  const weights = splitWeights(
    offered.map((endpoint) => ({
      revision: groupOf(endpoint),
      percent: (endpoint.share?.percent ?? 100) * (parts.get(groupOf(endpoint, '')) ?? 1),
      weight: endpoint.weight ?? 1,
    })),
  )
  return offered.map((endpoint, i) => {
    const { share } = endpoint
    const weight = weights[i] ?? 0
    // A service that deploys by rolling, in a backend with one that deploys in stages, gets its part by weight, too.
    return share === undefined ? { ...endpoint, weight } : { ...endpoint, share: { ...share, weight } }
  })
}
