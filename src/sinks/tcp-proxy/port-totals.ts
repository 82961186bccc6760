/** Counters of a port since the process started. */
export interface PortTotals {
  /** Accepted connections, including those refused afterwards. */
  accepted: number
  /** Failed dials; one connection may have several. */
  failedDials: number
  /**
   * Clients that were not connected to a task: too many connections (`limit`), no task (`no-address`), or none that
   * answered (`unreachable`).
   */
  readonly refused: Record<'limit' | 'no-address' | 'unreachable', number>
  /** Connections that were cut: the task was gone or this process stopped (`drain`), or no byte moved (`idle`). */
  readonly cut: Record<'drain' | 'idle', number>
  /** Bytes of ended connections: from clients, and to clients. */
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
