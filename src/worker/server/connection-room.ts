import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { clientAddress } from '../../shared/http/client-address.js'

export interface ConnectionRoomOptions {
  /** Maximum number of concurrent connections. */
  readonly maxConnections: number
  /** Maximum number of concurrent connections per client, identified by `clientAddress`. */
  readonly maxPerClient: number
}

/**
 * The phases of a connection, in the order in which connections are sacrificed. `idle`: waits for a request or the rest
 * of its head. `receiving`: a body is arriving. `answering`: a response is due or being sent.
 */
const phases = ['idle', 'receiving', 'answering'] as const
type Phase = (typeof phases)[number]

/** Maximum number of unanswered requests per connection. Load balancers and scrapers send one at a time. */
const maxPipelined = 8

interface Connection {
  readonly socket: Socket
  readonly client: Client
  phase: Phase
  /** The number of unanswered requests. */
  requests: number
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** One client's connections by phase, each phase in order of entry. */
class Client {
  readonly #connections: Readonly<Record<Phase, Set<Connection>>> = {
    idle: new Set(),
    receiving: new Set(),
    answering: new Set(),
  }

  constructor(readonly address: string) {}

  get size(): number {
    return phases.reduce((sum, phase) => sum + this.in(phase), 0)
  }

  in(phase: Phase): number {
    return this.#connections[phase].size
  }

  oldestIn(phase: Phase): Connection | undefined {
    const [oldest] = this.#connections[phase]
    return oldest
  }

  add(connection: Connection): void {
    this.#connections[connection.phase].add(connection)
  }

  remove(connection: Connection): void {
    this.#connections[connection.phase].delete(connection)
  }
}

/**
 * Keeps room for the next connection to an HTTP server, whatever clients hold open. At the limit, it closes a
 * connection: idle ones first, then those that receive a body, then those that wait for their response. Within a phase,
 * it takes the client with the most connections, and of those the one that has been in the phase for the longest. A
 * client at its own limit loses one of its own connections.
 *
 * A client that opens connections endlessly therefore closes its own. No client is refused, and no other client loses a
 * connection in use while there are idle ones.
 */
export class ConnectionRoom {
  readonly #clients = new Map<string, Client>()
  #size = 0

  constructor(private readonly options: ConnectionRoomOptions) {}

  /** Tracks the connections of a server from now on. Several servers may share the room. */
  watch(server: Server): void {
    const connections = new WeakMap<Socket, Connection>()
    server.on('connection', (socket: Socket) => {
      connections.set(socket, this.#admit(socket))
    })
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const connection = connections.get(request.socket)
      if (connection !== undefined) this.#follow(connection, request, response)
    })
  }

  /** The number of open connections. */
  get size(): number {
    return this.#size
  }

  #admit(socket: Socket): Connection {
    const address = clientAddress(socket)
    const client = this.#clients.get(address) ?? new Client(address)
    if (client.size >= this.options.maxPerClient) this.#close([client])
    else if (this.#size >= this.options.maxConnections) this.#close([...this.#clients.values()])
    const connection: Connection = { socket, client, phase: 'idle', requests: 0 }
    this.#clients.set(address, client)
    client.add(connection)
    this.#size++
    socket.once('close', () => this.#forget(connection))
    return connection
  }

  #follow(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    if (++connection.requests > maxPipelined) {
      connection.socket.destroy()
      return
    }
    this.#move(connection, hasBody(request) ? 'receiving' : 'answering')
    request.once('end', () => {
      if (connection.phase === 'receiving') this.#move(connection, 'answering')
    })
    response.once('close', () => {
      if (--connection.requests === 0) this.#move(connection, 'idle')
    })
  }

  #move(connection: Connection, phase: Phase): void {
    // A closed connection is no longer tracked.
    if (connection.socket.destroyed) return
    connection.client.remove(connection)
    connection.phase = phase
    connection.client.add(connection)
  }

  #close(clients: readonly Client[]): void {
    for (const phase of phases) {
      const [first, ...rest] = clients
      const most = rest.reduce((most, next) => (next.in(phase) > (most?.in(phase) ?? 0) ? next : most), first)
      const oldest = most?.oldestIn(phase)
      if (oldest === undefined) continue
      this.#forget(oldest)
      oldest.socket.destroy()
      return
    }
  }

  #forget(connection: Connection): void {
    const { client } = connection
    const before = client.size
    client.remove(connection)
    if (client.size === before) return
    this.#size--
    if (client.size === 0) this.#clients.delete(client.address)
  }
}
