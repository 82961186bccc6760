import type { Socket } from 'node:net'
import type { Clock, Millis } from '../../core/clock.js'
import type { Address } from '../../core/desired.js'
import type { AddressPool } from './address-pool.js'
import { after } from './after.js'
import { dial } from './dial.js'
import type { PoolMember } from './pool-member.js'
import { relay, reset } from './relay.js'

export interface ProxiedConnectionOptions {
  readonly pool: AddressPool
  /** Time limits of one dial, and of all dials together. */
  readonly dialMs: Millis
  readonly connectMs: Millis
  /** See `PoolMember.failed`. */
  readonly avoidMs: Millis
  readonly clock: Pick<Clock, 'sleep'>
  readonly dialFailed: (address: Address, error: Error) => void
}

/**
 * How a connection ended:
 * - `relayed`: it reached a task, and both sides are closed;
 * - `no-address`: the pool was empty;
 * - `unreachable`: no address answered in time;
 * - `hung-up`: the client left first.
 */
export type Ending = 'relayed' | 'no-address' | 'unreachable' | 'hung-up'

/** The time budget of all dials of a connection. */
interface Patience {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal
  isOver: boolean
  /** Gives up the dial in progress. */
  giveUp: (reason: Error) => void
}

/** One client's connection, from its acceptance until both sides are closed. */
export class ProxiedConnection {
  private member: PoolMember | undefined
  private upstream: Socket | undefined
  private relaying = false
  private seen = -1
  private quietLooks = 0

  constructor(
    private readonly client: Socket,
    private readonly options: ProxiedConnectionOptions,
  ) {
    // This listener stays: a socket without one crashes the process. The close event that follows is handled.
    client.on('error', () => undefined)
    client.once('close', () => {
      if (!this.relaying) this.upstream?.destroy()
    })
  }

  /** Bytes received from and sent to both sides. */
  get passed(): { readonly up: number; readonly down: number } {
    const { client, upstream } = this
    if (upstream === undefined) return { up: 0, down: 0 }
    return { up: client.bytesRead, down: upstream.bytesRead }
  }

  /** Connects to an address and relays bytes until both sides are closed. Never rejects. */
  async serve(): Promise<Ending> {
    const { client } = this
    const reached = await this.reach()
    if (reached !== 'relayed') {
      reset(client)
      return reached
    }
    const { member, upstream } = this
    if (upstream !== undefined) {
      this.relaying = true
      await relay(client, upstream)
    }
    member?.closed()
    return 'relayed'
  }

  /** Ends both sides. */
  cut(): void {
    reset(this.client)
    if (this.upstream === undefined) return
    // `resetAndDestroy` on a connecting socket would wait for the connection first.
    if (this.relaying) reset(this.upstream)
    else this.upstream.destroy()
  }

  /**
   * To be called after addresses left the pool. Returns whether the connection continues to such an address for now. A
   * dial to one is given up at once.
   */
  lingers(): boolean {
    if (this.member?.left !== true) return false
    if (!this.relaying) this.upstream?.destroy()
    return this.relaying
  }

  /** The number of consecutive checks, including this one, in which no byte had moved since the previous check. */
  look(): number {
    const moved = this.moved()
    this.quietLooks = this.relaying && moved === this.seen ? this.quietLooks + 1 : 0
    this.seen = moved
    return this.quietLooks
  }

  /** Grows with every byte read from or written to either side. */
  private moved(): number {
    const of = (socket: Socket | undefined): number =>
      socket === undefined ? 0 : socket.bytesRead + socket.bytesWritten - socket.writableLength
    return of(this.client) + of(this.upstream)
  }

  /** Dials one address after another, each once, until one answers. */
  private async reach(): Promise<Ending> {
    const { clock, connectMs } = this.options
    const over = new AbortController()
    const { signal } = over
    const patience: Patience = { signal, isOver: false, giveUp: () => undefined }
    after(connectMs, { clock, signal }, () => {
      patience.isOver = true
      patience.giveUp(new Error(`no connection within ${connectMs} ms over all addresses tried`))
    })
    try {
      return await this.tryEach(patience)
    } finally {
      over.abort()
    }
  }

  private async tryEach(patience: Patience): Promise<Ending> {
    const { client, options } = this
    const { pool, clock, dialMs, avoidMs, dialFailed } = options
    const tried = new Set<PoolMember>()
    const hungUp = (): boolean => client.destroyed
    while (!hungUp()) {
      // No await between here and the dial: an address that has left the pool is never dialled.
      const member = patience.isOver ? undefined : pool.take(tried)
      if (member === undefined) return tried.size === 0 ? 'no-address' : 'unreachable'
      tried.add(member)
      const { signal } = patience
      const { socket, outcome, giveUp } = dial(member.address, { withinMs: dialMs, clock, signal })
      patience.giveUp = giveUp
      this.member = member
      this.upstream = socket
      const result = await outcome
      if (result === 'open' && !member.left && !hungUp()) {
        member.connected()
        return 'relayed'
      }
      socket.destroy()
      this.upstream = undefined
      if (result instanceof Error) {
        member.failed(avoidMs)
        dialFailed(member.address, result)
      } else member.abandoned()
    }
    return 'hung-up'
  }
}
