import type { ClusterArn } from '../../../core/arn.js'

/** A request for a new snapshot of every followed cluster. */
export class RefreshRequest {
  private readonly orders = new Map<ClusterArn, number>()
  private open = 0
  private done: () => void = () => undefined

  /** Adds a cluster. Returns a function to call when a snapshot that began after this has been delivered. */
  join(): (cluster: ClusterArn, order: number) => void {
    this.open++
    return (cluster, order) => {
      this.orders.set(cluster, order)
      if (--this.open === 0) this.done()
    }
  }

  /** Resolves when all added clusters are served, to the orders of their snapshots. */
  served(): Promise<ReadonlyMap<ClusterArn, number>> {
    return new Promise((resolve) => {
      this.done = () => resolve(this.orders)
      if (this.open === 0) this.done()
    })
  }
}
