/** How both sides of a proxied connection are opened. */
export const socketOptions = {
  /** Who has said all may still be told something: an end is passed on, and does not close the way back. */
  allowHalfOpen: true,
  /** What one side sends at once is passed on at once. */
  noDelay: true,
  /** A peer whose machine is gone answers no probe: the kernel then closes, without waiting for the idle limit. */
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  /** Bytes that may wait on one way until its reader takes them; then its writer waits. */
  highWaterMark: 65_536,
} as const
