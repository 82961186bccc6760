import { filter, type Observable } from 'rxjs'
import { placeOf } from '../../core/arn.js'
import type { ClusterState } from '../../core/cluster-state.js'

const place = (arn: string): string => {
  const { region, account } = placeOf(arn)
  return `${region} ${account}`
}

export interface ClusterTopics {
  /** Whether a topic is in the account and region of a followed cluster; `undefined` until that is known. */
  readonly accepts: (topic: string) => boolean | undefined
  /** Learns the accounts and regions of the clusters from the state. */
  readonly follow: (state$: Observable<ClusterState>) => void
}

/**
 * Decides which SNS topics to trust when none are configured: those in the account and region of a followed cluster.
 * Anyone can create a topic whose messages SNS signs, so a valid signature alone is not enough.
 */
export const clusterTopics = (): ClusterTopics => {
  let places: ReadonlySet<string> = new Set()
  return {
    accepts: (topic) => (places.size === 0 ? undefined : places.has(place(topic))),
    follow: (state$) => {
      state$
        .pipe(filter(({ marks }) => marks.size > places.size))
        .subscribe(({ marks }) => (places = new Set([...marks].map(([cluster]) => place(cluster)))))
    },
  }
}
