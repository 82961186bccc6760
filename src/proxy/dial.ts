import { connect, type Socket } from 'node:net'
import type { Clock, Millis } from '../core/clock.js'
import type { Address } from '../core/desired.js'
import type { Deadlines } from './deadlines.js'
import { socketOptions } from './socket-options.js'

/** A connection on its way. */
export interface Dial {
  readonly socket: Socket
  /** Resolves once: `open`, the reason why not, or `destroyed` when somebody else has ended it. */
  readonly outcome: Promise<'open' | 'destroyed' | Error>
}

export interface DialOptions {
  readonly withinMs: Millis
  readonly clock: Pick<Clock, 'now'>
  readonly deadlines: Deadlines
}

/** Begins to connect. After `withinMs` it is given up; what fails is closed. */
export const dial = ({ host, port }: Address, { withinMs, clock, deadlines }: DialOptions): Dial => {
  const socket = connect({ ...socketOptions, host, port })
  const outcome = new Promise<'open' | 'destroyed' | Error>((resolve) => {
    const deadline = {
      at: clock.now() + withinMs,
      expire: () => {
        resolve(new Error(`no connection within ${withinMs} ms`))
        socket.destroy()
      },
    }
    const end = (how: 'open' | 'destroyed' | Error): void => {
      deadlines.delete(deadline)
      resolve(how)
    }
    deadlines.add(deadline)
    socket.once('connect', () => end('open'))
    // Stays: a socket without such a listener takes the process down, and what it says is also in its end.
    socket.on('error', end)
    socket.once('close', () => end('destroyed'))
  })
  return { socket, outcome }
}
