import type { Socket } from 'node:net'

/** A reset tells the peer that what it got may not be all: an orderly end would be a lie. */
export const reset = (socket: Socket): void => {
  if (!socket.destroyed) socket.resetAndDestroy()
}

/**
 * Passes bytes both ways until both sides are closed. Who reads slowly makes the other write slowly. An end is passed
 * on as an end, and the way back stays open; a reset is passed on as a reset, unless it comes together with the last
 * bytes: then libuv tells an end (`uv__stream_io`). Never rejects.
 */
export const relay = (one: Socket, other: Socket): Promise<void> =>
  new Promise((resolve) => {
    let closed = 0
    const join = (from: Socket, to: Socket): void => {
      from.on('error', () => reset(to))
      from.once('close', () => {
        // Closed before its end was read: nobody will write the rest.
        if (!from.readableEnded || !from.writableFinished) reset(to)
        if (++closed === 2) resolve()
      })
      from.pipe(to)
    }
    join(one, other)
    join(other, one)
  })
