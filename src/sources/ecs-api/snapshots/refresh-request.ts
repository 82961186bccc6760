import type { ClusterArn } from '../../../core/arn.js'

/** That somebody wants a snapshot of each cluster that is followed, and waits for all of them. */
export class RefreshRequest {
  private readonly orders = new Map<ClusterArn, number>()
  private open = 0
  private done: () => void = () => undefined

  /** Another cluster takes part. Returns what to call when a snapshot that began after this has been delivered. */
  join(): (cluster: ClusterArn, order: number) => void {
    this.open++
    return (cluster, order) => {
      this.orders.set(cluster, order)
      if (--this.open === 0) this.done()
    }
  }

  /** Resolves when all that have joined are served, to the orders of their snapshots. */
  served(): Promise<ReadonlyMap<ClusterArn, number>> {
    return new Promise((resolve) => {
      this.done = () => resolve(this.orders)
      if (this.open === 0) this.done()
    })
  }
}
