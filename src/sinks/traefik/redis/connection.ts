/** What the sink needs from a Redis client: raw commands and their answers. */
/**
 * For example a connected client of `@redis/client` (or `redis`) without type mapping, so that texts stay texts. The
 * client reconnects by itself. The sink never closes it.
 */
export interface RedisConnection {
  /** Resolves with the answer; rejects with an error of the server or the connection. */
  sendCommand(
    args: readonly string[],
    options?: {
      /** Withdraws a command that is still waiting for a connection. */
      readonly abortSignal?: AbortSignal
    },
  ): Promise<unknown>
}
