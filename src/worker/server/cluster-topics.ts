import { filter, type Observable } from 'rxjs'
import { placeOf } from '../../core/arn.js'
import type { ClusterState } from '../../core/cluster-state.js'

const place = (arn: string): string => {
  const { region, account } = placeOf(arn)
  return `${region} ${account}`
}

export interface ClusterTopics {
  /** Whether a topic is in the account and the region of a followed cluster; `undefined` before that is known. */
  readonly accepts: (topic: string) => boolean | undefined
  /** Learns from the state where the clusters are. */
  readonly follow: (state$: Observable<ClusterState>) => void
}

/**
 * Which topics to believe when nobody has said which: those of the clusters' own account and region. Anybody can have
 * a topic of theirs signed by SNS, so a valid signature alone says nothing.
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
