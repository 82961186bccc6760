/**
 * Such as a client of `@redis/client` (or `redis`), connected, without a mapping of types: texts are texts. It
 * reconnects by itself. The sink never closes it.
 */
export interface RedisConnection {
  /** Resolves with the answer, rejects with an error of the server's or the connection's. */
  sendCommand(
    args: readonly string[],
    options?: {
      /** Withdraws a command that waits for a connection. */
      readonly abortSignal?: AbortSignal
    },
  ): Promise<unknown>
}
