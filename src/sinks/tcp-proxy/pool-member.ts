import type { Clock, Millis } from '../../core/clock.js'
import type { Address } from '../../core/desired.js'
import { after } from './after.js'

/** How often the avoidance time doubles at most, so that a recovered address does not stay unused for minutes. */
const mostDoublings = 3

/** An address while it is in a pool. An address that leaves and comes back is a new member. */
export class PoolMember {
  /** Dials in progress. */
  dialling = 0
  /** Open connections. */
  open = 0
  /** Its part of the connections, relative to the other members. */
  weight = 1
  /** The connections that it should have had by its part, less those that it has had. */
  credit = 0
  /** Consecutive failed dials. */
  private failures = 0
  private hasLeft = false
  /** Set while the address is avoided; aborted to end that early. */
  private avoidance: AbortController | undefined

  constructor(
    readonly address: Address,
    private readonly clock: Pick<Clock, 'sleep'>,
  ) {}

  /** Whether it has left the pool. */
  get left(): boolean {
    return this.hasLeft
  }

  /** Whether it is avoided. When the time is over, one connection finds out whether it answers again. */
  get isSuspect(): boolean {
    return this.failures > 0 && (this.avoidance !== undefined || this.dialling > 0)
  }

  /** Takes it out of the pool, permanently. */
  leave(): void {
    this.hasLeft = true
    this.avoid(0)
  }

  /** A counted dial has connected. */
  connected(): void {
    this.dialling--
    this.open++
    this.failures = 0
    this.avoid(0)
  }

  /** A counted dial has failed: the address is avoided for `avoidMs`, doubled for each consecutive failure. */
  failed(avoidMs: Millis): void {
    this.dialling--
    if (!this.hasLeft) this.avoid(avoidMs * 2 ** Math.min(this.failures, mostDoublings))
    this.failures++
  }

  /** A counted dial has ended without saying anything about the address. */
  abandoned(): void {
    this.dialling--
  }

  /** An open connection has ended. */
  closed(): void {
    this.open--
  }

  private avoid(ms: Millis): void {
    this.avoidance?.abort()
    this.avoidance = undefined
    if (ms <= 0) return
    const avoidance = new AbortController()
    this.avoidance = avoidance
    after(ms, { clock: this.clock, signal: avoidance.signal }, () => (this.avoidance = undefined))
  }
}
