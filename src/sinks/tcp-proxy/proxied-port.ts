import { createServer, type Server, type Socket } from 'node:net'
import type { Clock, Millis, Random } from '../../core/clock.js'
import type { Address } from '../../core/desired.js'
import type { WeighedAddress } from './address-list.js'
import { AddressPool, type Balance } from './address-pool.js'
import { after } from './after.js'
import type { ConnectionLimit } from './connection-limit.js'
import type { ListenOn } from './listen-failure.js'
import { type PortTotals, portTotals } from './port-totals.js'
import { ProxiedConnection } from './proxied-connection.js'
import { reset } from './relay.js'
import { socketOptions } from './socket-options.js'

export interface ProxiedPortOptions {
  readonly on: ListenOn
  readonly balance: Balance
  readonly dialMs: Millis
  readonly connectMs: Millis
  readonly avoidMs: Millis
  readonly drainMs: Millis
  readonly limit: ConnectionLimit
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Random
  readonly dialFailed: (address: Address, error: Error) => void
  /** A client was not connected to a task. */
  readonly refused: (why: keyof PortTotals['refused']) => void
}

/** The state of a port. */
export interface PortState extends Readonly<PortTotals> {
  /** Where it listens, with the actual port if 0 was asked for. */
  readonly listening: Address | undefined
  /** Addresses in its pool, and how many of them are avoided. */
  readonly addresses: number
  readonly suspects: number
  /** Open connections. */
  readonly open: number
}

/**
 * How many connections the kernel queues until they are accepted, capped by `net.core.somaxconn`. The kernel drops
 * further ones, whose clients retry after a second. Node's default of 511 is too small for a thousand clients at once.
 */
const backlog = 4_096

/** One listening port, its addresses, and the connections between the two. */
export class ProxiedPort {
  private readonly pool: AddressPool
  private readonly totals = portTotals()
  private readonly connections = new Set<ProxiedConnection>()
  private readonly stopped = new AbortController()
  private server: Server | undefined
  private lastEnded: () => void = () => undefined

  constructor(private readonly options: ProxiedPortOptions) {
    this.pool = new AddressPool(options)
  }

  get state(): PortState {
    const { totals, pool, connections, server } = this
    const bound = server?.address()
    let { up, down } = totals
    for (const { passed } of connections) {
      up += passed.up
      down += passed.down
    }
    return {
      ...totals,
      up,
      down,
      listening:
        typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : undefined,
      addresses: pool.size,
      suspects: pool.suspects,
      open: connections.size,
    }
  }

  /** Starts to listen, if it does not yet. Rejects if it cannot. */
  async listen(): Promise<void> {
    if (this.server !== undefined) return
    const server = createServer(socketOptions, (client) => void this.serve(client))
    await new Promise<void>((resolve, reject) => {
      // This listener stays: a connection that cannot be accepted must not crash the process.
      server.on('error', reject)
      server.listen({ ...this.options.on, backlog }, resolve)
    })
    this.server = server
  }

  /** Stops accepting: the kernel refuses new clients. Open connections continue. */
  unlisten(): void {
    this.server?.close()
    this.server = undefined
  }

  /**
   * New connections go only to these addresses. Connections to an address that left continue until they end or
   * `drainMs` is over.
   */
  route(addresses: readonly WeighedAddress[]): void {
    if (!this.pool.replace(addresses)) return
    const lingering = [...this.connections].filter((connection) => connection.lingers())
    if (lingering.length > 0) this.cutAfter(this.options.drainMs, lingering)
  }

  /**
   * Stops accepting, and resolves when the last connection has ended. Connections still open after `withinMs` are cut.
   */
  async close(withinMs: Millis): Promise<void> {
    this.unlisten()
    if (this.connections.size > 0) {
      const ended = new Promise<void>((resolve) => (this.lastEnded = resolve))
      this.cutAfter(withinMs, this.connections)
      await ended
    }
    this.stopped.abort()
    this.pool.replace([])
  }

  /** Checks every connection, and cuts those on which nothing has moved for this many consecutive checks. */
  cutIdle(looks: number): void {
    for (const connection of this.connections) if (connection.look() >= looks) this.cut(connection, 'idle')
  }

  private async serve(client: Socket): Promise<void> {
    const { options, totals, connections, pool } = this
    totals.accepted++
    if (!options.limit.enter()) {
      client.on('error', () => undefined)
      reset(client)
      totals.refused.limit++
      options.refused('limit')
      return
    }
    const connection = new ProxiedConnection(client, {
      ...options,
      pool,
      dialFailed: (address, error) => {
        totals.failedDials++
        options.dialFailed(address, error)
      },
    })
    connections.add(connection)
    const ending = await connection.serve()
    connections.delete(connection)
    options.limit.leave()
    const { up, down } = connection.passed
    totals.up += up
    totals.down += down
    if (ending === 'no-address' || ending === 'unreachable') {
      totals.refused[ending]++
      options.refused(ending)
    }
    if (connections.size === 0) this.lastEnded()
  }

  private cut(connection: ProxiedConnection, why: keyof PortTotals['cut']): void {
    this.totals.cut[why]++
    connection.cut()
  }

  private cutAfter(ms: Millis, connections: Iterable<ProxiedConnection>): void {
    const { clock } = this.options
    const { signal } = this.stopped
    after(ms, { clock, signal }, () => {
      for (const connection of connections)
        if (this.connections.has(connection)) this.cut(connection, 'drain')
    })
  }
}
