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
  /** For one dial, and for all of them together. */
  readonly dialMs: Millis
  readonly connectMs: Millis
  /** See `PoolMember.failed`. */
  readonly avoidMs: Millis
  readonly clock: Pick<Clock, 'sleep'>
  readonly dialFailed: (address: Address, error: Error) => void
}

/**
 * What became of a connection:
 * - `relayed`: it reached a task, and both sides are closed;
 * - `no-address`: there was none in the pool;
 * - `unreachable`: none that was tried in time answered;
 * - `hung-up`: the client was gone first.
 */
export type Ending = 'relayed' | 'no-address' | 'unreachable' | 'hung-up'

/** How long all dials of a connection may take together. */
interface Patience {
  /** Aborts when they are over. */
  readonly signal: AbortSignal
  isOver: boolean
  /** Ends the dial that is under way. */
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
    // Stays: a socket without such a listener takes the process down; its close, which follows, is heeded.
    client.on('error', () => undefined)
    client.once('close', () => {
      if (!this.relaying) this.upstream?.destroy()
    })
  }

  /** Bytes that have come from and gone to both sides. */
  get passed(): { readonly up: number; readonly down: number } {
    const { client, upstream } = this
    if (upstream === undefined) return { up: 0, down: 0 }
    return { up: client.bytesRead, down: upstream.bytesRead }
  }

  /** Connects to an address and passes bytes, until all is over. Never rejects. */
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

  /** Ends it on both sides. */
  cut(): void {
    reset(this.client)
    if (this.upstream === undefined) return
    // A socket that is still connecting would be reset only once it has.
    if (this.relaying) reset(this.upstream)
    else this.upstream.destroy()
  }

  /** Its address may have left the pool: whether it goes on there for now. A dial to it is given up at once. */
  lingers(): boolean {
    if (this.member?.left !== true) return false
    if (!this.relaying) this.upstream?.destroy()
    return this.relaying
  }

  /** In how many looks in a row, this one included, no byte had moved since the look before. */
  look(): number {
    const moved = this.moved()
    this.quietLooks = this.relaying && moved === this.seen ? this.quietLooks + 1 : 0
    this.seen = moved
    return this.quietLooks
  }

  /** Grows whenever a byte is read from either side or leaves for it. */
  private moved(): number {
    const of = (socket: Socket | undefined): number =>
      socket === undefined ? 0 : socket.bytesRead + socket.bytesWritten - socket.writableLength
    return of(this.client) + of(this.upstream)
  }

  /** Dials one address after the other, each once, until one answers. */
  private async reach(): Promise<Ending> {
    const { clock, connectMs } = this.options
    const over = new AbortController()
    const { signal } = over
    const patience: Patience = { signal, isOver: false, giveUp: () => undefined }
    after(connectMs, { clock, signal }, () => {
      patience.isOver = true
      patience.giveUp(new Error(`no connection within ${connectMs} ms, however many addresses were tried`))
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
      // From here to the dial nothing else happens: an address that has left the pool is not dialled.
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
