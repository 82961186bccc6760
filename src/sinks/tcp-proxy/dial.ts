import { connect, type Socket } from 'node:net'
import type { Clock, Millis } from '../../core/clock.js'
import type { Address } from '../../core/desired.js'
import { after } from './after.js'
import { socketOptions } from './socket-options.js'

/** A connection attempt. */
export interface Dial {
  readonly socket: Socket
  /** Resolves once: `open`, the error, or `destroyed` if the socket was destroyed elsewhere. */
  readonly outcome: Promise<'open' | 'destroyed' | Error>
  /** Gives up the attempt, if it is still in progress, with this reason. */
  readonly giveUp: (reason: Error) => void
}

export interface DialOptions {
  readonly withinMs: Millis
  readonly clock: Pick<Clock, 'sleep'>
  /** Once aborted, the attempt no longer times out by itself. */
  readonly signal: AbortSignal
}

/** Starts to connect. The attempt is given up after `withinMs`. A failed socket is closed. */
export const dial = ({ host, port }: Address, { withinMs, clock, signal }: DialOptions): Dial => {
  const socket = connect({ ...socketOptions, host, port })
  let isOver = false
  let settle: (how: 'open' | 'destroyed' | Error) => void = () => undefined
  const outcome = new Promise<'open' | 'destroyed' | Error>((resolve) => {
    settle = (how) => {
      isOver = true
      resolve(how)
    }
  })
  const giveUp = (reason: Error): void => {
    if (isOver) return
    settle(reason)
    socket.destroy()
  }
  socket.once('connect', () => settle('open'))
  // This listener stays: a socket without one crashes the process. The error is reported on close, too.
  socket.on('error', settle)
  socket.once('close', () => settle('destroyed'))
  after(withinMs, { clock, signal }, () => giveUp(new Error(`no connection within ${withinMs} ms`)))
  return { socket, outcome, giveUp }
}
