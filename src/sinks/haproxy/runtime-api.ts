import { connect } from 'node:net'
import type { Clock, Millis } from '../../core/clock.js'
import { formatAddress } from '../../core/desired.js'
import { errorOf } from '../../core/error-of.js'
import { withinTime } from '../../core/within-time.js'
import type { RuntimeAddress } from './runtime-address.js'

/** Sends one command to HAProxy, and resolves to the whole text of its answer. */
export type RuntimeApi = (command: string, signal: AbortSignal) => Promise<string>

export interface RuntimeApiOptions {
  readonly address: RuntimeAddress
  /** How long a command may take, with its connection. */
  readonly timeoutMs: Millis
  /** The most bytes of an answer. */
  readonly mostBytes: number
  readonly clock: Clock
}

const adviceFor = (code: string): string => {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'start HAProxy, with this address as `stats socket … level admin` in its section `global`'
    case 'EACCES':
    case 'EPERM':
      return 'let this process read and write the socket: see `mode`, `user` and `group` of `stats socket`'
    default:
      return 'check that HAProxy runs and can be reached from here'
  }
}

/** One command on a connection of its own. Resolves to an Error that says what to do if there is no whole answer. */
const exchange = (
  address: RuntimeAddress,
  mostBytes: number,
  command: string,
  signal: AbortSignal,
): Promise<string | Error> =>
  new Promise((resolve) => {
    const socket = connect(address)
    const chunks: Buffer[] = []
    let size = 0
    const giveUp = (error: Error): void => {
      resolve(error)
      socket.destroy()
    }
    const onAbort = (): void => giveUp(new Error('aborted'))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code = error.message } = error
      giveUp(new Error(`no connection (${code}): ${adviceFor(code)}`, { cause: error }))
    })
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > mostBytes)
        giveUp(new Error(`more than ${mostBytes} bytes in one answer: is that HAProxy's stats socket?`))
      else chunks.push(chunk)
    })
    // Without the interactive mode, HAProxy closes the connection after its answer.
    socket.on('close', () => {
      signal.removeEventListener('abort', onAbort)
      if (size === 0) resolve(new Error('it closed the connection without an answer: it may be reloading'))
      else resolve(Buffer.concat(chunks).toString('utf8'))
    })
    socket.write(`${command}\n`)
  })

/**
 * The runtime API of one HAProxy. Each command has a connection of its own, so that it reaches the new process after a
 * reload. Rejects with an Error that says what to do.
 */
export const runtimeApi = ({ address, timeoutMs, mostBytes, clock }: RuntimeApiOptions): RuntimeApi => {
  const place = 'path' in address ? address.path : formatAddress(address)
  return async (command, signal) => {
    const answer = await withinTime(timeoutMs, clock, signal, (inner) =>
      exchange(address, mostBytes, command, inner),
    ).catch((thrown: unknown) => {
      const advice = signal.aborted ? '' : ': check its load, and `maxconn` of its stats socket'
      return new Error(`${errorOf(thrown).message}${advice}`)
    })
    if (typeof answer === 'string') return answer
    throw new Error(`HAProxy at ${place}: ${answer.message}`, { cause: answer })
  }
}
