/** How both sides of a proxied connection are opened. */
export const socketOptions = {
  /**
   * A side that has sent everything may still receive: an end is passed on, and does not close the opposite direction.
   */
  allowHalfOpen: true,
  /** Small writes are passed on at once. */
  noDelay: true,
  /**
   * A peer whose machine is gone answers no keep-alive probe: the kernel then closes the connection before the idle
   * limit.
   */
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  /** Bytes buffered per direction until the reader takes them; beyond that the writer waits. */
  highWaterMark: 65_536,
} as const
