import { connect, type Socket } from 'node:net'
import type { Clock, Millis } from '../../core/clock.js'
import type { Address } from '../../core/desired.js'
import { after } from './after.js'
import { socketOptions } from './socket-options.js'

/** A connection on its way. */
export interface Dial {
  readonly socket: Socket
  /** Resolves once: `open`, the reason why not, or `destroyed` when somebody else has ended it. */
  readonly outcome: Promise<'open' | 'destroyed' | Error>
  /** Ends it, if it is still on its way, and says why. */
  readonly giveUp: (reason: Error) => void
}

export interface DialOptions {
  readonly withinMs: Millis
  readonly clock: Pick<Clock, 'sleep'>
  /** After that it is not given up by itself. */
  readonly signal: AbortSignal
}

/** Begins to connect. After `withinMs` it is given up; what fails is closed. */
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
  // Stays: a socket without such a listener takes the process down, and what it says is also in its end.
  socket.on('error', settle)
  socket.once('close', () => settle('destroyed'))
  after(withinMs, { clock, signal }, () => giveUp(new Error(`no connection within ${withinMs} ms`)))
  return { socket, outcome, giveUp }
}
