import type { ClusterArn } from '../../../core/arn.js'
import type { Delivery } from '../../../core/source.js'
import { delivery } from './delivery.js'

export interface IdentityReportOptions {
  /** The name or pattern. */
  readonly named: string
  readonly stamp: () => number
  readonly emit: (output: Delivery) => void
}

/** Emits which clusters a name or pattern stands for: at the first call, and whenever that has changed. */
export const identityReport = ({
  named,
  stamp,
  emit,
}: IdentityReportOptions): ((clusters: readonly ClusterArn[]) => void) => {
  let reported: string | undefined
  return (clusters) => {
    const text = clusters.join(' ')
    if (text === reported) return
    reported = text
    emit(delivery({ _tag: 'ClusterIdentified', named, clusters, order: stamp() }))
  }
}
