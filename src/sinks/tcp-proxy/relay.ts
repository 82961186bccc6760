import type { Socket } from 'node:net'

/** A reset tells the peer that data may be missing; an orderly end would be a lie. */
export const reset = (socket: Socket): void => {
  if (!socket.destroyed) socket.resetAndDestroy()
}

/**
 * Relays bytes in both directions until both sides are closed. A slow reader slows the other side's writer. An end is
 * passed on as an end, and the opposite direction stays open. A reset is passed on as a reset, unless it arrives
 * together with the last bytes: then libuv reports an end (`uv__stream_io`). Never rejects.
 */
export const relay = (one: Socket, other: Socket): Promise<void> =>
  new Promise((resolve) => {
    let closed = 0
    const join = (from: Socket, to: Socket): void => {
      from.on('error', () => reset(to))
      from.once('close', () => {
        // Closed before its end was read: the rest will never come.
        if (!from.readableEnded || !from.writableFinished) reset(to)
        if (++closed === 2) resolve()
      })
      from.pipe(to)
    }
    join(one, other)
    join(other, one)
  })
