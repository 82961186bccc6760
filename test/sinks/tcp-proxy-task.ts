/** Real TCP servers as tasks, and clients that talk to them through a proxy. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import type { Address } from '../../src/core/desired.js'
import { freePort } from '../support/free-port.js'

export interface TaskServer {
  readonly address: Address
  /** Connections that it has accepted, the oldest first. */
  readonly accepted: readonly Socket[]
  /** Stops listening; connections go on. */
  stop(): void
  /** Stops listening and resets what is open, as a process that is killed. */
  kill(): Promise<void>
}

/** What a task does with a connection; by default it sends back what it gets, and ends when its client does. */
export type Behaviour = (socket: Socket) => void
const echo: Behaviour = (socket) => void socket.pipe(socket)

const closed = (server: Server, sockets: readonly Socket[]): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy()
  })

export const taskServer = async (
  behave: Behaviour = echo,
  { host = '127.0.0.1', port }: Partial<Address> = {},
): Promise<TaskServer> => {
  const accepted: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    accepted.push(socket)
    behave(socket)
  })
  // A port that nobody gets after it is killed: what is dead stays dead.
  server.listen(port ?? (await freePort()), host)
  await once(server, 'listening')
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    accepted,
    stop: () => void server.close(),
    kill: () => closed(server, accepted),
  }
}

/** A task that says its name to everybody, and ends. */
export const greeter =
  (name: string): Behaviour =>
  (socket) =>
    void socket.resume().end(name)

/** An address where nobody listens, now or later. */
export const nobody = async (): Promise<Address> => ({ host: '127.0.0.1', port: await freePort() })

/** Connects, sends `words`, ends its side, and reads to the end. Rejects on a reset, or when it is refused. */
export const ask = async (to: Address, words = ''): Promise<string> => {
  const socket = connect({ host: to.host, port: to.port, allowHalfOpen: true })
  socket.end(words)
  return text(socket)
}

/** Connects and stays. */
export const dialled = async (to: Address): Promise<Socket> => {
  const socket = connect({ host: to.host, port: to.port, allowHalfOpen: true })
  await once(socket, 'connect')
  // What is cut in the end is none of most tests' business.
  socket.on('error', () => undefined)
  return socket
}

/** How a connection ends: in order, by a reset, or by another error. */
export const ending = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('end', () => resolve('ended'))
    socket.once('error', (error) => resolve(codeOf(error) === 'ECONNRESET' ? 'reset' : codeOf(error)))
    socket.resume()
  })

export const codeOf = (thrown: unknown): string => (thrown as NodeJS.ErrnoException).code ?? String(thrown)

/**
 * Addresses, 127.0.0.1 and on, that neither accept nor refuse: whoever dials one waits. A listener whose thread stands
 * still and whose queue is full.
 */
export const silence = async () => {
  const thread = new Worker(
    `const { parentPort } = require('node:worker_threads')
     const server = require('node:net').createServer()
     server.listen({ host: '0.0.0.0', port: 0, backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
     })`,
    { eval: true },
  )
  const [port] = (await once(thread, 'message')) as [number]
  const waiting = Array.from({ length: 16 }, () => connect({ host: '127.0.0.1', port }))
  for (const socket of waiting) socket.on('error', () => undefined)
  // The first ones fill the queue; when they are told so, all have knocked.
  await once(waiting[0]!, 'connect')
  return {
    addresses: (count: number): readonly Address[] =>
      Array.from({ length: count }, (_, i) => ({ host: `127.0.0.${i + 1}`, port })),
    close: async (): Promise<void> => {
      for (const socket of waiting) socket.destroy()
      await thread.terminate()
    },
  }
}
