/** What has come to pass on a port since the process began. */
export interface PortTotals {
  /** Connections accepted, including refused ones. */
  accepted: number
  /** Dials that failed; a connection may have several. */
  failedDials: number
  /**
   * Clients that were not connected to any task: too many are connected (`limit`), no task is there (`no-address`), or
   * none answered (`unreachable`).
   */
  readonly refused: Record<'limit' | 'no-address' | 'unreachable', number>
  /** Connections that were ended: their task was gone, or this process stopped (`drain`); nothing moved (`idle`). */
  readonly cut: Record<'drain' | 'idle', number>
  /** Bytes from clients of connections that have ended, and to them. */
  up: number
  down: number
}

export const portTotals = (): PortTotals => ({
  accepted: 0,
  failedDials: 0,
  refused: { limit: 0, 'no-address': 0, unreachable: 0 },
  cut: { drain: 0, idle: 0 },
  up: 0,
  down: 0,
})
