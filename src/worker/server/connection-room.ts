import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { clientAddress } from '../../shared/http/client-address.js'

export interface ConnectionRoomOptions {
  /** The most connections at once. */
  readonly maxConnections: number
  /** The most of one client, as `clientAddress` tells them apart. */
  readonly maxPerClient: number
}

/**
 * What a connection does, in the order in which connections are given up: it waits for a request or for the rest of its
 * head; a body is on its way; an answer is due or on its way.
 */
const phases = ['idle', 'receiving', 'answering'] as const
type Phase = (typeof phases)[number]

/** Requests on one connection that wait for their answers. Load balancers and scrapers send one, and then wait. */
const maxPipelined = 8

interface Connection {
  readonly socket: Socket
  readonly client: Client
  phase: Phase
  /** Requests that are not answered. */
  requests: number
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** One client's connections by phase, each in the order in which they came into it. */
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
 * Keeps room for the next connection to an HTTP server, whatever clients hold open. When there is none, another
 * connection is closed: an idle one before one that sends, that before one that waits for its answer; among these, one
 * of the client that has the most of them; and of that client the one that has been so for the longest. A client that
 * has reached its own bound loses one of its own.
 *
 * So a client that opens connections without end closes its own, nobody is refused, and nobody else loses a connection
 * in use while there are idle ones.
 */
export class ConnectionRoom {
  readonly #clients = new Map<string, Client>()
  #size = 0

  constructor(private readonly options: ConnectionRoomOptions) {}

  /** Counts the connections of a server from now on. Several servers may share the room. */
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

  /** Connections that are open. */
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
    // What is closed is counted nowhere any more.
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
