import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { HaproxyServers, type SimulatedBackend } from './haproxy-servers.js'

export interface EmbeddedHaproxyOptions {
  /** How each backend balances, by its name. */
  readonly backends: Readonly<Record<string, string>>
  /** Default: a port of 127.0.0.1 that is free. */
  readonly path?: string
}

/** What happens to a command instead of its execution. */
export type Interception =
  | { readonly _tag: 'Answer'; readonly text: string }
  /** No answer, for ever. */
  | { readonly _tag: 'Silence' }
  /** No answer, and the end of the connection. */
  | { readonly _tag: 'End' }

/** HAProxy's runtime API, without the rest of HAProxy. It is tested by the tests that a real one must pass. */
export class EmbeddedHaproxy {
  /** The commands so far. */
  readonly commands: string[] = []
  /** Set by tests. */
  intercept: (command: string) => Interception | undefined = () => undefined
  private readonly sockets = new Set<Socket>()

  private constructor(
    readonly address: string,
    readonly haproxy: HaproxyServers,
    private readonly server: Server,
  ) {}

  static async start({ backends, path }: EmbeddedHaproxyOptions): Promise<EmbeddedHaproxy> {
    const haproxy = new HaproxyServers(
      new Map(
        Object.entries(backends).map(([name, balance]): [string, SimulatedBackend] => [
          name,
          { balance, servers: new Map() },
        ]),
      ),
    )
    const server = createServer({ allowHalfOpen: true })
    if (path === undefined) server.listen(0, '127.0.0.1')
    else server.listen(path)
    await once(server, 'listening')
    const bound = server.address()
    const address = typeof bound === 'string' || bound === null ? (path ?? '') : `127.0.0.1:${bound.port}`
    const embedded = new EmbeddedHaproxy(address, haproxy, server)
    server.on('connection', (socket) => embedded.serve(socket))
    return embedded
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      for (const socket of this.sockets) socket.destroy()
    })
  }

  /** One line a connection, as without the interactive mode. */
  private serve(socket: Socket): void {
    this.sockets.add(socket)
    let line = ''
    socket.setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('data', (chunk: string) => {
      line += chunk
      const end = line.indexOf('\n')
      if (end < 0) return
      const command = line.slice(0, end)
      line = ''
      const instead = this.intercept(command)
      if (instead?._tag === 'Silence') return
      this.commands.push(command)
      if (instead?._tag === 'End') socket.destroy()
      else socket.end(instead?.text ?? `${this.haproxy.execute(command)}\n\n`.replace(/^\n\n$/, '\n'))
    })
  }
}
